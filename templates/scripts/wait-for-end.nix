waitForEnd = command "wait-for-end" [ ] [ ];
