//! Rules about images.

mod floating_image;
mod image_pair;
mod lock;
mod postgres_major;
mod processor;
mod unqualified_image;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    floating_image::check,
    image_pair::check,
    lock::check,
    postgres_major::check,
    processor::check,
    unqualified_image::check,
];
