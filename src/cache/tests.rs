use super::*;

/// An entity for tests. It has an id, and a value that differs between two states of the entity.
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

fn kind_cache() -> KindCache<Thing> {
    KindCache::new(ages(60, 60), 100)
}

fn things(ids: &[&'static str]) -> Vec<Arc<Thing>> {
    ids.iter().map(|id| Arc::new(Thing(id, 0))).collect()
}

#[test]
fn one_entity_does_not_answer_for_a_name() {
    let cache = kind_cache();
    cache.put(&things(&["a"]), cache.mark());
    assert!(cache.candidates("", "Alice").is_none());
    assert_eq!(cache.candidates("", "A").unwrap(), things(&["a"]));
}

#[test]
fn a_name_is_known_in_any_case_within_its_scope_only() {
    let cache = kind_cache();
    cache.put_name("eng", "In Progress", &things(&["s"]), cache.mark());
    assert_eq!(
        cache.candidates("eng", " in progress").unwrap(),
        things(&["s"])
    );
    assert!(cache.candidates("des", "in progress").is_none());
}

#[test]
fn a_list_answered_after_a_write_is_not_kept() {
    let cache = kind_cache();
    let asked = cache.mark();
    cache.created(&["eng".to_owned()], "new", &Arc::new(Thing("new", 0)));
    cache.put_list("eng", &things(&["old"]), asked);
    assert!(cache.list("eng").is_none());
}

#[test]
fn a_whole_list_stays_whole_when_something_is_created() {
    let cache = kind_cache();
    cache.put_list("eng", &things(&["old"]), cache.mark());
    cache.put_name("eng", "new", &[], cache.mark());
    cache.created(&["eng".to_owned()], "New", &Arc::new(Thing("new", 0)));
    assert_eq!(cache.list("eng").unwrap(), things(&["old", "new"]));
}

#[test]
fn a_new_name_means_the_new_entity_in_its_own_scope() {
    let cache = kind_cache();
    let scopes = ["eng", "plt"].map(str::to_owned);
    for scope in &scopes {
        cache.put_name(scope, "new", &[], cache.mark());
    }
    cache.created(&scopes, "New", &Arc::new(Thing("id", 0)));
    assert_eq!(cache.candidates("eng", "new").unwrap(), things(&["id"]));
    assert!(cache.candidates("plt", "new").is_none());
}

#[test]
fn a_changed_entity_is_shown_as_it_is_in_every_list_and_names_are_looked_up_again() {
    let cache = kind_cache();
    for scope in ["eng", "plt"] {
        cache.put_list(scope, &things(&["a", "b"]), cache.mark());
        cache.put_name(scope, "old", &things(&["a"]), cache.mark());
        cache.put_name(scope, "new", &things(&["b"]), cache.mark());
    }
    cache.changed(&Arc::new(Thing("a", 1)));
    for scope in ["eng", "plt"] {
        let list = cache.list(scope).unwrap();
        assert_eq!(list, [Arc::new(Thing("a", 1)), Arc::new(Thing("b", 0))]);
        assert!(cache.candidates(scope, "old").is_none());
        assert!(cache.candidates(scope, "new").is_none());
    }
}

#[test]
fn an_answer_to_a_question_from_before_a_change_does_not_undo_it() {
    let cache = kind_cache();
    let asked = cache.mark();
    cache.changed(&Arc::new(Thing("a", 1)));
    cache.put(&things(&["a"]), asked);
    cache.put_list("eng", &things(&["a"]), asked);
    cache.put_name("eng", "old", &things(&["a"]), asked);
    assert_eq!(*cache.get("a").unwrap(), Thing("a", 1));
    assert!(cache.list("eng").is_none());
}

#[test]
fn what_is_forgotten_is_asked_for_again_and_can_be_kept_anew() {
    let cache = kind_cache();
    cache.put_list("eng", &things(&["a"]), cache.mark());
    let asked = cache.mark();
    cache.forget_all();
    assert!(cache.list("eng").is_none() && cache.get("a").is_none());
    cache.put_list("eng", &things(&["a"]), asked);
    assert!(cache.list("eng").is_none());
    cache.put_list("eng", &things(&["a"]), cache.mark());
    assert_eq!(cache.list("eng").unwrap(), things(&["a"]));
}

#[test]
fn scopes_are_those_of_lists_and_names() {
    let cache = kind_cache();
    cache.put_list("eng", &things(&["a"]), cache.mark());
    cache.put_name("*", "a", &[], cache.mark());
    assert!(cache.scopes().into_iter().eq(["*", "eng"]));
}

#[test]
fn an_evicted_entity_makes_its_list_unknown() {
    let cache: KindCache<Thing> = KindCache::new(ages(60, 60), 3);
    cache.put_list("", &things(&["a", "b", "c", "d", "e"]), cache.mark());
    cache.entries.run_pending_tasks();
    assert!(cache.list("").is_none());
}

#[test]
fn what_a_name_means_is_asked_anew_when_another_thing_gets_it() {
    let cache = kind_cache();
    cache.put_list("", &things(&["old"]), cache.mark());
    cache.put_name("", "shared", &things(&["old"]), cache.mark());
    cache.added("", &Arc::new(Thing("new", 0)));
    assert!(cache.candidates("", "shared").is_none());
    assert_eq!(cache.list("").unwrap(), things(&["old", "new"]));
}

#[test]
fn what_is_gone_is_in_no_list_and_no_name() {
    let cache = kind_cache();
    cache.put_list("", &things(&["a", "b"]), cache.mark());
    cache.put_name("", "first", &things(&["a"]), cache.mark());
    cache.forget("A");
    assert!(cache.list("").is_none());
    assert!(cache.candidates("", "first").is_none());
    assert!(cache.get("b").is_some());
}

#[test]
fn usage_counts_look_ups_entities_and_whole_lists() {
    let cache = kind_cache();
    assert_eq!(cache.usage(), Usage::default());
    cache.put_list("eng", &things(&["a", "b"]), cache.mark());
    cache.put_name("eng", "alice", &things(&["a"]), cache.mark());
    cache.count(CacheLookup::Hit, 3);
    cache.count(CacheLookup::Miss, 1);
    cache.count(CacheLookup::Bypassed, 2);
    let usage = cache.usage();
    assert_eq!((usage.hits, usage.misses, usage.refreshes), (3, 1, 2));
    assert_eq!((usage.entries, usage.lists), (2, 1));
    let (oldest, newest) = usage.ages.unwrap();
    assert!(oldest >= newest && oldest < Duration::from_secs(60));
}

#[test]
fn who_doubts_a_table_takes_no_answer_to_an_earlier_question() {
    let cache = kind_cache();
    cache.put_list("eng", &things(&["known"]), cache.mark());
    let asked = cache.mark();
    cache.invalidate_in_flight();
    cache.put_list("eng", &things(&["older"]), asked);
    assert_eq!(cache.list("eng").unwrap(), things(&["known"]));
    cache.put_list("eng", &things(&["newer"]), cache.mark());
    assert_eq!(cache.list("eng").unwrap(), things(&["newer"]));
}

#[test]
fn past_the_usual_age_only_who_asks_for_it_is_answered() {
    let cache: KindCache<Thing> = KindCache::new(ages(0, 60), 100);
    cache.put_list("", &things(&["a"]), cache.mark());
    cache.put_name("eng", "first", &things(&["a"]), cache.mark());
    std::thread::sleep(Duration::from_millis(1));
    assert!(cache.get("a").is_none() && cache.list("").is_none());
    assert!(cache.candidates("eng", "first").is_none());
    for reach in [Reach::Session, Reach::Recent] {
        assert!(cache.latest("eng", "first", reach).is_none());
    }
    assert_eq!(
        cache.latest("eng", "first", Reach::Old).unwrap(),
        things(&["a"])
    );
    // A list keeps its age when something is added to it.
    cache.created(&[String::new()], "new", &Arc::new(Thing("new", 0)));
    std::thread::sleep(Duration::from_millis(1));
    assert!(cache.latest("", "a", Reach::Recent).is_none());
}

#[test]
fn of_a_list_and_a_name_what_was_learnt_last_counts() {
    let cache = kind_cache();
    cache.put_list("", &things(&["a"]), cache.mark());
    std::thread::sleep(Duration::from_millis(1));
    cache.put_name("", "first", &[], cache.mark());
    assert_eq!(cache.latest("", "first", Reach::Recent).unwrap(), []);
    std::thread::sleep(Duration::from_millis(1));
    cache.put_list("", &things(&["b"]), cache.mark());
    assert_eq!(
        cache.latest("", "first", Reach::Recent).unwrap(),
        things(&["b"])
    );
}
