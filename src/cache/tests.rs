use super::*;

/// An id, and what two of one id can differ in.
#[derive(Debug, PartialEq)]
struct Thing(&'static str, u8);

impl Entity for Thing {
    fn id(&self) -> &str {
        self.0
    }
}

fn ages(usual: u64, longest: u64) -> Ages {
    Ages {
        usual: Duration::from_secs(usual),
        longest: Duration::from_secs(longest),
    }
}

fn table() -> KindCache<Thing> {
    KindCache::new(ages(60, 60), 100)
}

fn things(ids: &[&'static str]) -> Vec<Arc<Thing>> {
    ids.iter().map(|id| Arc::new(Thing(id, 0))).collect()
}

#[test]
fn one_entity_does_not_answer_for_a_name() {
    let table = table();
    table.put(&things(&["a"]), table.mark());
    assert!(table.candidates("", "Alice").is_none());
    assert_eq!(table.candidates("", "A").unwrap(), things(&["a"]));
}

#[test]
fn a_name_is_known_in_any_case_within_its_scope_only() {
    let table = table();
    table.put_name("eng", "In Progress", &things(&["s"]), table.mark());
    assert_eq!(
        table.candidates("eng", " in progress").unwrap(),
        things(&["s"])
    );
    assert!(table.candidates("des", "in progress").is_none());
}

#[test]
fn a_list_answered_after_a_write_is_not_kept() {
    let table = table();
    let asked = table.mark();
    table.created(&["eng".to_owned()], "new", &Arc::new(Thing("new", 0)));
    table.put_list("eng", &things(&["old"]), asked);
    assert!(table.list("eng").is_none());
}

#[test]
fn a_whole_list_stays_whole_when_something_is_created() {
    let table = table();
    table.put_list("eng", &things(&["old"]), table.mark());
    table.put_name("eng", "new", &[], table.mark());
    table.created(&["eng".to_owned()], "New", &Arc::new(Thing("new", 0)));
    assert_eq!(table.list("eng").unwrap(), things(&["old", "new"]));
}

#[test]
fn a_new_name_means_the_new_entity_in_its_own_scope() {
    let table = table();
    let scopes = ["eng", "plt"].map(str::to_owned);
    for scope in &scopes {
        table.put_name(scope, "new", &[], table.mark());
    }
    table.created(&scopes, "New", &Arc::new(Thing("id", 0)));
    assert_eq!(table.candidates("eng", "new").unwrap(), things(&["id"]));
    assert!(table.candidates("plt", "new").is_none());
}

#[test]
fn a_changed_entity_is_shown_as_it_is_in_every_list_and_names_are_looked_up_again() {
    let table = table();
    for scope in ["eng", "plt"] {
        table.put_list(scope, &things(&["a", "b"]), table.mark());
        table.put_name(scope, "old", &things(&["a"]), table.mark());
        table.put_name(scope, "new", &things(&["b"]), table.mark());
    }
    table.changed(&Arc::new(Thing("a", 1)));
    for scope in ["eng", "plt"] {
        let list = table.list(scope).unwrap();
        assert_eq!(list, [Arc::new(Thing("a", 1)), Arc::new(Thing("b", 0))]);
        assert!(table.candidates(scope, "old").is_none());
        assert!(table.candidates(scope, "new").is_none());
    }
}

#[test]
fn an_answer_to_a_question_from_before_a_change_does_not_undo_it() {
    let table = table();
    let asked = table.mark();
    table.changed(&Arc::new(Thing("a", 1)));
    table.put(&things(&["a"]), asked);
    table.put_list("eng", &things(&["a"]), asked);
    table.put_name("eng", "old", &things(&["a"]), asked);
    assert_eq!(*table.get("a").unwrap(), Thing("a", 1));
    assert!(table.list("eng").is_none());
}

#[test]
fn what_is_forgotten_is_asked_for_again_and_can_be_kept_anew() {
    let table = table();
    table.put_list("eng", &things(&["a"]), table.mark());
    let asked = table.mark();
    table.forget_all();
    assert!(table.list("eng").is_none() && table.get("a").is_none());
    table.put_list("eng", &things(&["a"]), asked);
    assert!(table.list("eng").is_none());
    table.put_list("eng", &things(&["a"]), table.mark());
    assert_eq!(table.list("eng").unwrap(), things(&["a"]));
}

#[test]
fn scopes_are_those_of_lists_and_names() {
    let table = table();
    table.put_list("eng", &things(&["a"]), table.mark());
    table.put_name("*", "a", &[], table.mark());
    assert!(table.scopes().into_iter().eq(["*", "eng"]));
}

#[test]
fn an_evicted_entity_makes_its_list_unknown() {
    let table: KindCache<Thing> = KindCache::new(ages(60, 60), 3);
    table.put_list("", &things(&["a", "b", "c", "d", "e"]), table.mark());
    table.cells.run_pending_tasks();
    assert!(table.list("").is_none());
}

#[test]
fn what_a_name_means_is_asked_anew_when_another_thing_gets_it() {
    let table = table();
    table.put_list("", &things(&["old"]), table.mark());
    table.put_name("", "shared", &things(&["old"]), table.mark());
    table.added("", &Arc::new(Thing("new", 0)));
    assert!(table.candidates("", "shared").is_none());
    assert_eq!(table.list("").unwrap(), things(&["old", "new"]));
}

#[test]
fn what_is_gone_is_in_no_list_and_no_name() {
    let table = table();
    table.put_list("", &things(&["a", "b"]), table.mark());
    table.put_name("", "first", &things(&["a"]), table.mark());
    table.forget("A");
    assert!(table.list("").is_none());
    assert!(table.candidates("", "first").is_none());
    assert!(table.get("b").is_some());
}

#[test]
fn usage_counts_look_ups_entities_and_whole_lists() {
    let table = table();
    assert_eq!(table.usage(), Usage::default());
    table.put_list("eng", &things(&["a", "b"]), table.mark());
    table.put_name("eng", "alice", &things(&["a"]), table.mark());
    table.count(CacheLookup::Hit, 3);
    table.count(CacheLookup::Miss, 1);
    table.count(CacheLookup::Bypassed, 2);
    let usage = table.usage();
    assert_eq!((usage.hits, usage.misses, usage.refreshes), (3, 1, 2));
    assert_eq!((usage.entries, usage.lists), (2, 1));
    let (oldest, newest) = usage.ages.unwrap();
    assert!(oldest >= newest && oldest < Duration::from_secs(60));
}

#[test]
fn who_doubts_a_table_takes_no_answer_to_an_earlier_question() {
    let table = table();
    table.put_list("eng", &things(&["known"]), table.mark());
    let asked = table.mark();
    table.invalidate_in_flight();
    table.put_list("eng", &things(&["older"]), asked);
    assert_eq!(table.list("eng").unwrap(), things(&["known"]));
    table.put_list("eng", &things(&["newer"]), table.mark());
    assert_eq!(table.list("eng").unwrap(), things(&["newer"]));
}

#[test]
fn past_the_usual_age_only_who_asks_for_it_is_answered() {
    let table: KindCache<Thing> = KindCache::new(ages(0, 60), 100);
    table.put_list("", &things(&["a"]), table.mark());
    table.put_name("eng", "first", &things(&["a"]), table.mark());
    std::thread::sleep(Duration::from_millis(1));
    assert!(table.get("a").is_none() && table.list("").is_none());
    assert!(table.candidates("eng", "first").is_none());
    for reach in [Reach::Session, Reach::Recent] {
        assert!(table.latest("eng", "first", reach).is_none());
    }
    assert_eq!(
        table.latest("eng", "first", Reach::Old).unwrap(),
        things(&["a"])
    );
    // A list stays as old as it is when something is added to it.
    table.created(&[String::new()], "new", &Arc::new(Thing("new", 0)));
    std::thread::sleep(Duration::from_millis(1));
    assert!(table.latest("", "a", Reach::Recent).is_none());
}

#[test]
fn of_a_list_and_a_name_what_was_learnt_last_counts() {
    let table = table();
    table.put_list("", &things(&["a"]), table.mark());
    std::thread::sleep(Duration::from_millis(1));
    table.put_name("", "first", &[], table.mark());
    assert_eq!(table.latest("", "first", Reach::Recent).unwrap(), []);
    std::thread::sleep(Duration::from_millis(1));
    table.put_list("", &things(&["b"]), table.mark());
    assert_eq!(
        table.latest("", "first", Reach::Recent).unwrap(),
        things(&["b"])
    );
}
