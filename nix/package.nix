# The program, with its completions and manual pages.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
}:
let
  manifest = lib.importTOML ../Cargo.toml;
in
rustPlatform.buildRustPackage {
  pname = manifest.package.name;
  inherit (manifest.package) version;

  # A change of the documentation builds nothing anew, but for the pages that the program prints.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../benches
      ../build.rs
      ../data
      ../src
      ../templates
      ../presets
      ../docs/diagnostics
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  # The tests run Nix, systemd and Caddy, which a build has not; .ci/run does that.
  doCheck = false;

  nativeBuildInputs = [ installShellFiles ];

  # The program prints them, so it has to run on the machine that builds it.
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    installShellCompletion --cmd homegen \
      --bash <($out/bin/homegen completions bash) \
      --fish <($out/bin/homegen completions fish) \
      --zsh <($out/bin/homegen completions zsh)
    $out/bin/homegen man --output man
    installManPage man/*
  '';

  meta = {
    inherit (manifest.package) description;
    homepage = manifest.package.repository;
    license = lib.licenses.mit;
    mainProgram = "homegen";
    platforms = lib.platforms.unix;
  };
}
