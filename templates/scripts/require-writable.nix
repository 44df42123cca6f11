requireWritable = path: command "require-writable" [ ] [ path ];
