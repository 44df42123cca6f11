//! The official style: nixfmt does not change the printed code.

use crate::common::outcomes;
use homegen::nix::print::{Printed, Printer};
use homegen::nix::{Attr, Expr, ITEM, Name, Names, Part, Set, is_call};
use homegen::source::Span;
use homegen::tree::{Atom, Reference, Step, Target};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

#[test]
fn nixfmt_changes_no_file_of_any_case() {
    for (name, outcome) in outcomes() {
        for file in outcome.files.iter().flatten().filter(|file| file.path.ends_with(".nix")) {
            let formatted = nixfmt_rs::format(&file.text).expect("it is Nix");
            assert_eq!(file.text, formatted, "{name}: {}", file.path);
        }
    }
}

/// Every kind of name that a module has.
struct AnyNames;

impl Names for AnyNames {
    fn name(&self, target: &Target) -> Name {
        match target {
            Target::Constant(path) => {
                let apart = |code: String| if is_call(&code) { format!("({code})") } else { code };
                let code = path.iter().fold("constants".to_owned(), |code, step| match step {
                    Step::Key(key) => format!("{}.{}", apart(code), homegen::nix::attribute(key)),
                    Step::Item { index, .. } => format!("{ITEM}{} {index}", apart(code)),
                });
                Name::Code(code)
            }
            Target::Port(service) => Name::Value(Expr::str(service.clone())),
            _ => Name::Code("config.time.timeZone".to_owned()),
        }
    }

    fn directory(&self, folder: &str) -> (String, Option<String>) {
        match folder.contains(' ') {
            true => ("./.".to_owned(), Some(folder.to_owned())),
            false => (format!("../{folder}"), None),
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-zA-Z_][a-zA-Z0-9_-]{0,12}",
        1 => "[a-z]{30,60}",
        1 => Just("if".to_owned()),
        1 => "[0-9 a-z./\"$é]{0,20}",
    ]
}

fn code() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-z][a-zA-Z0-9_]{0,15}", 1..4).prop_filter_map("keywords", |words| {
        words.iter().all(|word| homegen::nix::is_identifier(word)).then(|| words.join("."))
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Z0-9 /:.=-]{0,30}",
        2 => "[a-zA-Z0-9 /:.=-]{60,120}",
        2 => "[a-z \"$\\\\{}'`#%\n\t~é사🎉\u{1}\u{85}\u{2028}]{0,12}",
        2 => "[a-z '$\\{}#]{1,12}(\n[a-z '$\\{}#]{0,12}){1,3}\n?",
        1 => any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

fn reference() -> impl Strategy<Value = Reference> {
    let step = prop_oneof![4 => word().prop_map(Step::Key), 1 => (0usize..9).prop_map(|index| Step::Item { index, of: 9 })];
    let target = prop_oneof![
        6 => prop::collection::vec(step, 1..5).prop_map(Target::Constant),
        1 => Just(Target::HostName),
        1 => text().prop_map(Target::Port),
    ];
    let value = prop_oneof![
        3 => Just(Atom::Str("x".to_owned())),
        1 => Just(Atom::Int(3)),
        1 => Just(Atom::Bool(true)),
        1 => Just(Atom::Float("0.5".to_owned())),
    ];
    (target, value).prop_map(|(target, value)| Reference { target, value, span: Span::default() })
}

fn part(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Part> {
    prop_oneof![
        5 => text().prop_map(|t| Part::Text(t.into())),
        2 => reference().prop_map(|r| Part::Ref(r.into())),
        1 => code().prop_map(|c| Part::Code(c.into())),
        1 => call(expr).prop_map(Part::expr),
    ]
}

fn call(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Expr> {
    (code(), prop::collection::vec(expr, 1..5))
        .prop_map(|(function, arguments)| Expr::call(function, arguments))
}

fn line_text(part: Part) -> Part {
    // The parts of a line contain no line breaks.
    match part {
        Part::Text(text) => Part::Text(text.replace(['\n', '\r'], " ").into()),
        other => other,
    }
}

fn attributes(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Set> {
    let comment = prop::option::weighted(0.1, Just("A restart takes the containers along."));
    let name = prop::option::weighted(0.15, prop::collection::vec(part(Just(Expr::Null).boxed()), 1..3));
    let attr = (word(), comment, name, expr).prop_map(|(key, comment, name, value)| {
        let name = name.filter(|parts| parts.iter().any(|part| !matches!(part, Part::Text(_))));
        (key, Attr::with(value, comment, name))
    });
    prop::collection::vec(attr, 0..5)
        .prop_map(|attributes| Set(attributes.into_iter().map(|(name, attr)| (name.into(), attr)).collect()))
}

fn expr() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        5 => prop::collection::vec(text().prop_map(|t| Part::Text(t.into())), 0..2).prop_map(Expr::Str),
        1 => any::<i64>().prop_map(Expr::Int),
        1 => (-9i64..9).prop_map(Expr::Int),
        1 => prop::sample::select(vec!["0.5", "-1.5", "1.5e3"]).prop_map(|text| Expr::Float(text.to_owned())),
        1 => any::<bool>().prop_map(Expr::Bool),
        1 => Just(Expr::Null),
        2 => reference().prop_map(|r| Expr::Ref(r.into())),
        2 => code().prop_map(|c| Expr::Code(c.into())),
        1 => prop::sample::select(vec!["secrets", "my secrets"]).prop_map(|f| Expr::Directory(f.to_owned())),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let parts = prop::collection::vec(part(inner.clone().boxed()), 0..5).boxed();
        prop_oneof![
            3 => parts.clone().prop_map(Expr::Str),
            1 => prop::collection::vec(
                    parts.prop_map(|parts| parts.into_iter().map(line_text).collect::<Vec<_>>()), 0..4
                 ).prop_map(Expr::Lines),
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::List),
            3 => attributes(inner.clone().boxed()).prop_map(Expr::Set),
            3 => call(inner.clone().boxed()),
            1 => (inner.clone(), prop::sample::select(vec!["+", "++", "//"]), inner.clone())
                 .prop_map(|(left, operator, right)| Expr::Infix(Box::new(left), operator, Box::new(right))),
        ]
    })
    .boxed()
}

/// The attributes as a file, inside `depth` nested sets.
fn print(set: &Set, depth: usize) -> Printed {
    let mut printer = Printer::new(&AnyNames, 0);
    fn nested(set: &Set, depth: usize, printer: &mut Printer) {
        match depth {
            0 => printer.body(&[], set),
            _ => printer.block("inner = {", |printer| nested(set, depth - 1, printer), "};"),
        }
    }
    printer.block("{", |printer| nested(set, depth, printer), "}");
    printer.finish()
}

/// Returns true if the printer was certain of nixfmt's layout, and asserts that layout.
fn known(set: &Set, depth: usize) -> Result<bool, TestCaseError> {
    let printed = print(set, depth);
    let formatted = nixfmt_rs::format(&printed.text)
        .map_err(|error| TestCaseError::fail(format!("{error:?}\n{}", printed.text)))?;
    if printed.certain {
        prop_assert_eq!(&printed.text, &formatted);
    }
    Ok(printed.certain)
}

proptest! {
    #![proptest_config(Config { cases: 4_000, max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn printed_code_equals_the_output_of_nixfmt(set in attributes(expr()), depth in 0usize..5) {
        known(&set, depth)?;
    }
}

#[test]
fn a_set_after_an_operator_is_printed_as_by_nixfmt() {
    let mut certain = 0;
    for length in 10..110 {
        let inner = Set::of([("b", Expr::Str(Vec::new()))]);
        let left = Box::new(Expr::Code("pkgs.some-name.another-name".to_owned().into()));
        let value = || Expr::Infix(left.clone(), "+", Box::new(Expr::Set(inner.clone())));
        let name = vec![Part::Text("x".repeat(length).into()), Part::Code("c".to_owned().into())];
        let set = Set(vec![("a".into(), Attr::with(value(), None, Some(name)))].into_iter().collect());
        certain += usize::from(known(&set, 0).expect("as nixfmt has it"));
    }
    assert!(certain >= 40, "the printer is certain of {certain}");
}

#[test]
fn most_expressions_need_no_formatter() {
    // A printer that is never certain would pass the other tests.
    let mut runner = TestRunner::deterministic();
    let strategy = attributes(expr());
    let sets: Vec<Set> = std::iter::repeat_with(|| strategy.new_tree(&mut runner).expect("a set").current())
        .filter(|set| !set.is_empty())
        .take(500)
        .collect();
    let known = sets.iter().filter(|set| known(set, 2).expect("as nixfmt has it")).count();
    assert!(known > 250, "{known} of {}", sets.len());
}

#[test]
fn a_short_interpolation_in_a_long_line_is_printed_as_by_nixfmt() {
    // nixfmt measures an interpolation separately, and treats an empty list in it specially.
    let arguments = || {
        vec![
            vec![Expr::List(Vec::new()), Expr::Int(1)],
            vec![Expr::Int(1), Expr::List(Vec::new())],
            vec![Expr::List(Vec::new()), Expr::List(Vec::new()), Expr::Int(1)],
            vec![Expr::List(vec![Expr::Int(1)]), Expr::Int(1)],
        ]
    };
    let mut certain = 0;
    for length in 10..40 {
        for arguments in arguments() {
            let call = Expr::call("f".repeat(length), arguments);
            let text = Part::Text("x".repeat(90).into());
            let set = Set::of([("a", Expr::Str(vec![text, Part::Expr(Box::new(call))]))]);
            certain += usize::from(known(&set, 0).expect("as nixfmt has it"));
        }
    }
    assert!(certain >= 40, "the printer is certain of {certain}");
}
