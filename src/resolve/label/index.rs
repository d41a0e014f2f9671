//! Labels by their names, so that looking up many names among many labels takes no longer than reading both.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Grouped as _, readings};
use crate::directory::fold;
use crate::linear::model::{Label, Team};
use crate::params::LabelName;
use crate::resolve::{Match, Method, Picked, one_of};

/// The labels that can be used in a team, by how near they are to it: its own, those of each parent team upwards, the
/// workspace's. Without a team all are equally near.
#[derive(Debug)]
pub struct Index {
    /// The owner of each level, the nearest first; `None` where all labels are on one level.
    owners: Option<Vec<Option<String>>>,
    levels: Vec<Level>,
}

/// The labels of one level.
#[derive(Debug, Default)]
pub(super) struct Level {
    labels: Vec<Arc<Label>>,
    /// By id in lower case.
    ids: HashMap<String, Arc<Label>>,
    /// By folded name.
    names: HashMap<String, Vec<Arc<Label>>>,
    /// Those that belong to a group: by the group's folded name or id, and their own folded name or id.
    grouped: HashMap<(String, String), Vec<Arc<Label>>>,
}

impl Index {
    /// The index of these labels for a team.
    pub fn new(labels: &[Arc<Label>], team: Option<&Team>) -> Self {
        let owners = team.map(|team| {
            let above = team.ancestors.iter().map(|of| Some(of.id.clone()));
            let own = std::iter::once(Some(team.id.clone()));
            own.chain(above).chain([None]).collect::<Vec<_>>()
        });
        let count = owners.as_ref().map_or(1, Vec::len);
        let mut index = Self {
            owners,
            levels: std::iter::repeat_with(Level::default).take(count).collect(),
        };
        labels.iter().for_each(|label| index.add(label));
        index
    }

    /// Adds a label. One that cannot be used in the team is left out.
    pub fn add(&mut self, label: &Arc<Label>) {
        let owner = label.team.as_ref().map(|of| of.id.as_str());
        let level = match &self.owners {
            None => Some(0),
            Some(owners) => owners.iter().position(|of| of.as_deref() == owner),
        };
        if let Some(level) = level.and_then(|level| self.levels.get_mut(level)) {
            level.add(label);
        }
    }

    /// The label that is meant by its whole name, by `group/name` or by its id; the nearest level that has it decides. A
    /// whole name, wherever it is, comes before a name in a group.
    pub fn find(&self, wanted: &LabelName) -> Picked<Label> {
        let whole = wanted.apart().is_none();
        let name = fold(wanted.as_str().trim());
        let whole = self.levels.iter().filter(|_| whole);
        let whole = whole.map(|level| level.called(&name));
        let halves: Vec<(String, String)> = readings(wanted)
            .into_iter()
            .map(|(group, name)| (fold(group), fold(name)))
            .collect();
        let of_group = self.levels.iter().map(|level| {
            let labels = halves.iter().filter_map(|half| level.grouped.get(half));
            one_of(labels.flatten(), Method::ExactName)
        });
        let mut found = whole.chain(of_group);
        let found = found.find(|picked| !matches!(picked, Picked::None));
        found.unwrap_or(Picked::None)
    }

    /// The levels, the nearest first.
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// All labels of the index, the nearest first.
    pub fn labels(&self) -> Vec<Arc<Label>> {
        let labels = self.levels.iter().flat_map(|level| &level.labels);
        labels.map(Arc::clone).collect()
    }
}

impl Level {
    fn add(&mut self, label: &Arc<Label>) {
        let name = fold(&label.name);
        self.labels.push(Arc::clone(label));
        let id = label.id.to_ascii_lowercase();
        self.ids.entry(id).or_insert_with(|| Arc::clone(label));
        if let Some(group) = label.group() {
            for group in [fold(&group.name), group.id.clone()] {
                for own in [name.clone(), label.id.clone()] {
                    let of = self.grouped.entry((group.clone(), own)).or_default();
                    of.push(Arc::clone(label));
                }
            }
        }
        self.names.entry(name).or_default().push(Arc::clone(label));
    }

    /// The group of that id, or else of that name.
    pub(super) fn group(&self, wanted: &str) -> Picked<Label> {
        let name = fold(wanted.trim());
        if let Some(label) = self.ids.get(&name).filter(|label| label.is_group) {
            return id_match(label);
        }
        let named = self.names.get(&name).into_iter().flatten();
        one_of(named.filter(|label| label.is_group), Method::ExactName)
    }

    /// The label of that id, or else of that folded name.
    fn called(&self, name: &str) -> Picked<Label> {
        match self.ids.get(name) {
            Some(label) => id_match(label),
            None if name.is_empty() => Picked::None,
            None => one_of(
                self.names.get(name).into_iter().flatten(),
                Method::ExactName,
            ),
        }
    }
}

fn id_match(label: &Arc<Label>) -> Picked<Label> {
    Picked::One(Match {
        item: Arc::clone(label),
        method: Method::Id,
    })
}
