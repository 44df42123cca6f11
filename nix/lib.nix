# Functions for the flake of a host. Their arguments:
#
#   system  the system of the machine that runs homegen, such as "x86_64-linux"
#   file    the homeserver.yaml, as a path
#   root    the folder that has the file and all files that it names; the folder of the file by default
#   output  the output folder, below `root`; `generated` beside the file by default
{ nixpkgs, packages }:
let
  inherit (nixpkgs) lib;

  # Runs `script` with the program, the source, and the paths of the file and the output in it.
  run =
    name: script:
    {
      system,
      file,
      root ? dirOf file,
      output ? dirOf file + "/generated",
    }:
    let
      below = path: lib.removePrefix "./" (lib.path.removePrefix root path);
      derivation =
        nixpkgs.legacyPackages.${system}.runCommandLocal name
          { nativeBuildInputs = [ packages.${system}.homegen ]; }
          (script {
            source = lib.cleanSource root;
            file = lib.escapeShellArg (below file);
            output = lib.escapeShellArg (below output);
          });
    in
    {
      inherit derivation;
      output = "${derivation}/${below output}";
    };
in
{
  # The output of the file, as a module. Nix builds it while it evaluates the host.
  generate =
    arguments:
    (run "homeserver" (paths: ''
      cp -r ${paths.source} $out
      chmod -R u+w $out
      cd $out
      homegen build ${paths.file} --output ${paths.output}
    '') arguments).output;

  # A check for `checks` of a flake: fails unless the output folder is the output of the file.
  checkGenerated =
    arguments:
    (run "homegen-build-check" (paths: ''
      cd ${paths.source}
      homegen build --check ${paths.file} --output ${paths.output}
      touch $out
    '') arguments).derivation;
}
