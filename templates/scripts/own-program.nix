# A script of the owner, which is checked with shellcheck.
ownProgram =
  name: packages: file:
  let
    lines = lib.splitString "\n" (builtins.readFile file);
    first = lib.head lines;
    byteOrderMark = builtins.fromJSON ''"\uFEFF"'';
    isBash = builtins.match "#! ?[^ ]*/(env +)?(ba)?sh( .*)?" first != null;
  in
  pkgs.writeShellApplication {
    inherit name;
    runtimeInputs = [ pkgs.coreutils ] ++ packages;
    # writeShellApplication writes a first line of its own.
    text =
      if lib.hasPrefix byteOrderMark first then
        throw "${toString file}: the script begins with a byte order mark (BOM): save it as UTF-8 without BOM"
      else if lib.any (lib.hasSuffix "\r") lines then
        throw "${toString file}: the script has Windows line endings (CRLF): convert them to LF"
      else if !lib.hasPrefix "#!" first then
        lib.concatStringsSep "\n" lines
      else if isBash then
        lib.concatStringsSep "\n" (lib.tail lines)
      else
        throw "${toString file}: a job runs a Bash script, and its first line is ${first}";
  };
