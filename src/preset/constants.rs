//! The constants that arguments of a preset refer to.

use crate::source::SourceId;
use crate::syntax::{Entry, Lookup, Node};

/// The largest number of references and steps that lead from an argument to a value. References of a file that people
/// write are far shorter.
const MAX_STEPS: usize = 256;

/// The constants of the file.
#[derive(Debug)]
pub(super) struct Constants<'a> {
    root: Option<&'a Node>,
    lookup: Lookup<'a>,
}

impl<'a> Constants<'a> {
    /// The constants in `root`, the value of the key `constants`.
    pub(super) fn new(root: Option<&'a Node>) -> Constants<'a> {
        Constants { root, lookup: Lookup::default() }
    }

    /// The value that the reference `name` leads to. `None` if it leads to no constant; resolving reports it.
    fn find(&mut self, name: &str) -> Option<&'a Node> {
        let mut steps: Vec<&str> = name.rsplit('.').collect();
        let mut node = self.root?;
        let mut passed = 0;
        loop {
            passed += 1;
            if passed > MAX_STEPS {
                return None;
            }
            if let Some(name) = node.reference() {
                steps.extend(name.rsplit('.'));
                node = self.root?;
            } else if let Some(step) = steps.pop() {
                node = self.lookup.get(node, step)?;
            } else {
                return Some(node);
            }
        }
    }

    /// The entry with `key` in a mapping of constants.
    pub(super) fn entry(&mut self, node: &'a Node, key: &str) -> Option<&'a Entry> {
        self.lookup.entry(node, key)
    }

    /// The name in an argument that is a reference of the user, and the value that it leads to. `None` for any other
    /// argument, and for a reference to no constant.
    pub(super) fn referred<'n>(&mut self, argument: &'n Node) -> Option<(&'n str, &'a Node)> {
        let name = argument.reference().filter(|_| argument.span.source == SourceId::FILE)?;
        Some((name, self.find(name)?))
    }

    /// The value of an argument: the node itself, unless it is a reference of the user. `None` for a reference to no
    /// constant.
    pub(super) fn value<'n>(&mut self, argument: &'n Node) -> Option<&'n Node>
    where
        'a: 'n,
    {
        match argument.reference() {
            Some(_) if argument.span.source == SourceId::FILE => Some(self.referred(argument)?.1),
            _ => Some(argument),
        }
    }
}
