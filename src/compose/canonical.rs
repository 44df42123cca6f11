//! Stub.
use crate::diag::Diagnostics;
use crate::project::{Node, Origins};
pub(super) fn service(_: &mut Node, _: &mut Origins, _: &mut Diagnostics) {}
pub(super) fn network(_: &mut Node, _: &mut Origins, _: &mut Diagnostics) {}
pub(super) fn volume(_: &mut Node, _: &mut Origins, _: &mut Diagnostics) {}
pub(super) fn secret(_: &mut Node, _: &mut Origins, _: &mut Diagnostics) {}
pub(super) fn config(_: &mut Node, _: &mut Origins, _: &mut Diagnostics) {}
