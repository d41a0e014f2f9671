//! The order of a batch: which items run side by side.

use super::item::Item;

/// The items' places in waves: all of a wave run side by side, and a wave begins when the one before is done.
///
/// Neighbours that all write, or all read, make a segment, and no item runs before the segment in front of its own is
/// done. Within a segment an item waits for those that it refers to, and for those before it that it meets at the same
/// thing.
pub(super) fn waves(items: &[Item]) -> Vec<Vec<usize>> {
    let mut waves: Vec<Vec<usize>> = Vec::new();
    let mut wave_of: Vec<usize> = Vec::with_capacity(items.len());
    let mut start = 0;
    let mut writes = None;
    for item in items {
        if writes != Some(item.writes()) {
            writes = Some(item.writes());
            start = waves.len();
        }
        let earlier = items.iter().zip(&wave_of);
        let waited_for = earlier.filter(|(other, _)| {
            let refers = item.needs.contains(&other.index);
            let same = item.targets().iter().any(|of| other.targets().contains(of));
            refers || (same && item.meets(other))
        });
        let after = waited_for.map(|(_, wave)| wave + 1).max().unwrap_or(0);
        let wave = after.max(start);
        while waves.len() <= wave {
            waves.push(Vec::new());
        }
        if let Some(places) = waves.get_mut(wave) {
            places.push(item.index);
        }
        wave_of.push(wave);
    }
    waves
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::item;
    use super::*;

    fn waves_of(items: Vec<Value>) -> Vec<Vec<usize>> {
        waves(&item::read(items).unwrap())
    }

    fn create(title: &str) -> Value {
        json!({"operation": "create_issue", "params": {"team": "ENG", "title": title}})
    }

    #[test]
    fn what_is_independent_runs_at_once_and_reads_wait_for_writes() {
        let read = json!({"operation": "get_issue", "params": {"issue_id": "ENG-1"}});
        let items = vec![
            create("a"),
            create("b"),
            create("${0.identifier}"),
            read.clone(),
            read,
            create("c"),
        ];
        assert_eq!(waves_of(items), [vec![0, 1], vec![2], vec![3, 4], vec![5]]);
    }

    #[test]
    fn writes_to_one_issue_follow_one_another() {
        let link = |issue: &str| json!({"operation": "link_url", "params": {"issue_id": issue, "url": "https://a.example"}});
        let comment =
            json!({"operation": "create_comment", "params": {"issue_id": "ENG-1", "body": "x"}});
        let update =
            json!({"operation": "update_issue", "params": {"issue_id": "ENG-1", "title": "T"}});
        let check = json!({"operation": "update_checklist_items", "params": {"issue_id": "ENG-1", "indices": [1]}});
        let items = vec![
            link("ENG-1"),
            link("eng-1"),
            link("ENG-2"),
            comment,
            update,
            check,
        ];
        assert_eq!(waves_of(items), [vec![0, 2, 3, 4], vec![1, 5]]);
    }

    #[test]
    fn changes_of_one_project_or_label_follow_one_another() {
        let change =
            |operation: &str, params: Value| json!({"operation": operation, "params": params});
        let items = vec![
            change("update_project", json!({"project": "Auth", "name": "A"})),
            change(
                "update_project",
                json!({"project": " auth ", "priority": 1}),
            ),
            change("update_project", json!({"project": "Other", "priority": 1})),
            change("update_label", json!({"label": "bug", "name": "Bug"})),
            change("retire_label", json!({"label": "Bug"})),
            change(
                "update_issue",
                json!({"issue_id": "ENG-1", "project": "Auth"}),
            ),
        ];
        assert_eq!(waves_of(items), [vec![0, 2, 3, 5], vec![1, 4]]);
    }

    proptest! {
        /// Every item runs once, after all that it refers to and after every item of another kind that stands before it.
        #[test]
        fn nothing_runs_before_what_it_waits_for(plan in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..40)) {
            let items: Vec<Value> = plan.iter().enumerate().map(|(place, (writes, refers))| {
                let text = match refers.index(place + 1) {
                    earlier if earlier < place => format!("${{{earlier}.id}}"),
                    _ => "x".to_owned(),
                };
                if *writes { create(&text) } else { json!({"operation": "search_issues", "params": {"query": text}}) }
            }).collect();
            let items = item::read(items).unwrap();
            let waves = waves(&items);
            let wave = |place: usize| waves.iter().position(|wave| wave.contains(&place)).unwrap();
            prop_assert_eq!(waves.iter().map(Vec::len).sum::<usize>(), items.len());
            prop_assert!(waves.iter().all(|wave| !wave.is_empty()));
            for item in &items {
                prop_assert!(item.needs.iter().all(|of| wave(*of) < wave(item.index)));
                let others = items.iter().take(item.index).filter(|other| other.writes() != item.writes());
                for other in others {
                    prop_assert!(wave(other.index) < wave(item.index));
                }
            }
        }
    }
}
