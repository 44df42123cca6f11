//! The one table of codes. Numbers follow the user's subject and are never used again:
//! 01 YAML, 02 keys and values, 03 references, 04 names, 05 networks and ports, 06 secrets,
//! 07 storage, 08 dependencies and health, 09 the front, 10 presets and raw Nix.

use super::Severity;

macro_rules! codes {
    ($($name:ident = $code:literal, $severity:ident, $title:literal;)*) => {
        /// A rule of homegen's, by the name that the sources use for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable code, such as `HG0101`.
            pub fn code(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// Whether it forbids writing.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// The rule in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }
        }
    };
}

codes! {
    Syntax = "HG0101", Error, "the file is not YAML";
    NotUtf8 = "HG0102", Error, "the file is not UTF-8 text";
    DuplicateKey = "HG0103", Error, "a key is written twice";
    UnquotedReference = "HG0104", Error, "a reference inside { } or [ ] has no quotes";
    UnsupportedYaml = "HG0105", Error, "a part of YAML that homegen does not read";
    TooLarge = "HG0106", Error, "the file expands to too much";
    UnknownKey = "HG0201", Error, "a key that does not exist";
    MissingKey = "HG0202", Error, "a key that has to be there is missing";
    WrongType = "HG0203", Error, "a value of the wrong type";
    BadValue = "HG0204", Error, "a value that cannot be read";
    AmbiguousScalar = "HG0205", Error, "a number that would not come back as it is written";
    UnsupportedValue = "HG0206", Error, "a value that NixOS or Podman cannot do";
    UnknownReference = "HG0301", Error, "a reference to a name that does not exist";
    ReferenceCycle = "HG0302", Error, "constants that refer to each other in a circle";
    BadReference = "HG0303", Error, "a reference that cannot be read";
    ReferenceType = "HG0304", Error, "a reference to a value that does not fit here";
    ReservedConstant = "HG0305", Error, "a constant with a name that the file has already";
    BadName = "HG0401", Error, "a name that cannot be used";
    NameTaken = "HG0402", Error, "two things with one name";
    UnknownNetwork = "HG0501", Error, "a network that does not exist";
    BadAddress = "HG0502", Error, "an address that cannot be used";
    NetworkWithHost = "HG0503", Error, "a network setting where the container has no network";
    PortWithoutService = "HG0504", Error, "a site without a port on the host";
    TailscaleMissing = "HG0505", Error, "the tailnet is used and not described";
    PublishedWide = "HG0506", Warning, "a port that bypasses the firewall";
    UnknownSecret = "HG0601", Error, "a secret that is not declared";
    SecretFormat = "HG0602", Error, "a secret used in a format that it does not have";
    AgenixMissing = "HG0603", Error, "secrets without a folder that holds them";
    LiteralSecret = "HG0604", Error, "a secret written into the file";
    VariableTwice = "HG0605", Error, "one variable set twice";
    NestedFolder = "HG0701", Error, "a folder with two owners";
    UnknownDependency = "HG0801", Error, "a dependency on nothing";
    DependencyCycle = "HG0802", Error, "containers that wait for each other";
    HealthyWithoutCheck = "HG0803", Error, "waiting for health without a health check";
    FrontMissing = "HG0901", Error, "a site and no front";
    BadSite = "HG0902", Error, "a site that cannot be served";
    BadTls = "HG0903", Error, "certificates that cannot be had this way";
    UnknownPreset = "HG1001", Error, "a preset that does not exist";
    BadParameter = "HG1002", Error, "a parameter that the preset cannot use";
    NixSyntax = "HG1003", Error, "an expression that is not Nix";
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.code()), "{} stands twice", code.code());
            assert!(code.code().len() == 6 && code.code().starts_with("HG"));
            assert!(code.title().chars().next().is_some_and(char::is_lowercase));
        }
    }
}
