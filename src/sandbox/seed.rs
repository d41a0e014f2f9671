//! The workspace every stand-in starts with. It has awkward cases on purpose: two Johns, a label name in two teams, a
//! label group, a retired label, more labels than one page holds, two projects of one name, an archived project, texts
//! full of quotes and fences.

mod builder;
mod filling;
mod issues;
mod labels;
mod people;
mod projects;
mod size;
mod talk;
mod teams;
mod texts;

#[cfg(test)]
mod tests;

use super::refresh;
use super::store::Store;

use builder::Seed;
pub use size::Size;

/// The seeded workspace, filled up to this size: the same ids, timestamps and texts in every run.
pub(super) fn workspace(size: Size) -> Store {
    let mut seed = Seed::new();
    people::plant(&mut seed);
    teams::plant(&mut seed);
    labels::plant(&mut seed);
    projects::plant(&mut seed);
    issues::plant(&mut seed);
    talk::plant(&mut seed);
    filling::plant(&mut seed, size);
    let mut store = seed.finish();
    refresh::run(&mut store);
    store
}
