//! The snapshot of names that one process leaves on disk for the next: which requests it saves, and that it causes no
//! wrong answers.

mod files;
mod large;
mod program;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use linear_ops::cache::{Cache, Disk, Found, Identity, LONGEST_AGE};
use linear_ops::clock::Clock;
use linear_ops::engine;
use linear_ops::resolve::prefetch::{prefetch, prefetch_unless_known};
use linear_ops::sandbox::store::Store;
use linear_ops::session::{PrefetchPhase, Session};
use tempfile::TempDir;

use crate::delivery::stale_retry::healed;
use crate::support::external_changes::{NEW, remove, replace, set};
use crate::support::failures::{records, with_root};
use crate::support::{Answer, TestWorkspace, call, mutations, variable};

/// An issue with a name of every kind that a snapshot has, each as an answer shows it.
const ISSUE: &str = "{team: Engineering, title: T, state: Done, labels: [backend], assignee: Jane Smith, \
    project: Auth System, milestone: Beta}";

const MINUTES: i64 = 60 * 1000;
/// Past the usual age, and not past the longest.
const HOURS: i64 = 2 * 60 * MINUTES;
/// Past the longest age.
const DAYS: i64 = 25 * 60 * MINUTES;

/// A machine with a cache folder, on which one process follows another, with a clock that the test sets.
struct Machine {
    workspace: TestWorkspace,
    cache: TempDir,
    passed: Arc<AtomicI64>,
}

impl Machine {
    async fn new() -> Self {
        let passed = Arc::new(AtomicI64::new(0));
        let (time, made) = (Arc::clone(&passed), AtomicU64::new(0));
        let now = Clock::system().now_ms();
        let clock = Clock::new(
            move || now + time.load(Ordering::Relaxed),
            move || {
                let number = made.fetch_add(1, Ordering::Relaxed) + 1;
                format!("c11e0000-0000-4000-8000-{number:012x}")
            },
        );
        Self {
            workspace: TestWorkspace::with_clock(clock, |_| {}).await,
            cache: tempfile::tempdir().unwrap(),
            passed,
        }
    }

    /// A machine on which a process has created an issue and ended, so that all names are on disk.
    async fn used() -> Self {
        let machine = Self::new().await;
        let process = machine.process();
        call(&process, "create_issue", ISSUE).await.data();
        process.save().await;
        machine.workspace.take_requests();
        machine
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join("linear-ops")
    }

    /// A process that starts now.
    fn process(&self) -> Session {
        self.process_of("lin_api_sandbox")
    }

    fn process_of(&self, key: &str) -> Session {
        let mut session = self.workspace.another_session();
        let identity = Identity::of("https://api.example/graphql", key);
        let disk = Disk::new(self.folder(), identity, session.clock.clone());
        session.cache = Cache::lasting(Duration::from_secs(600), LONGEST_AGE, 20_000);
        session.recall(disk);
        session
    }

    /// Lets time pass.
    fn wait(&self, milliseconds: i64) {
        self.passed.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// The bytes of the one snapshot that there is, and where it is.
    fn file(&self) -> (PathBuf, Vec<u8>) {
        let files = std::fs::read_dir(self.folder()).unwrap();
        let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let file = files.into_iter().next().unwrap();
        let bytes = std::fs::read(&file).unwrap();
        (file, bytes)
    }

    /// Returns the answer of a process that starts after this time, and after another user has made this change.
    async fn after(
        &self,
        time: i64,
        change: impl FnOnce(&mut Store),
        operation: &str,
        params: &str,
    ) -> Answer {
        self.wait(time);
        self.workspace.sandbox.edit(change);
        call(&self.process(), operation, params).await
    }
}

fn found(session: &Session) -> Found {
    session.disk.get().unwrap().status().found
}

/// The one warning about a name that Linear calls otherwise now.
fn renamed(answer: &Answer) -> &str {
    let warnings = answer.texts("/warnings");
    let mut renamed = warnings
        .into_iter()
        .filter(|text| text.contains("in Linear now"));
    let warning = renamed.next().unwrap_or_else(|| panic!("{:#}", answer.0));
    assert_eq!(renamed.next(), None);
    warning
}

#[tokio::test]
async fn a_fresh_process_creates_by_names_in_one_request() {
    let machine = Machine::new().await;
    let first = machine.process();
    assert_eq!(found(&first), Found::None);
    assert_eq!(call(&first, "create_issue", ISSUE).await.calls(), 2);
    first.save().await;
    // A process without the snapshot looks the names up. A process with it does not, even where the snapshot is older
    // than the usual age.
    let without = machine.workspace.another_session();
    assert_eq!(call(&without, "create_issue", ISSUE).await.calls(), 2);
    for time in [0, MINUTES, HOURS] {
        let answer = machine.after(time, |_| {}, "create_issue", ISSUE).await;
        assert_eq!(answer.calls(), 1);
        assert_eq!(answer.data()["state"]["name"], "Done");
        assert_eq!(answer.at("/warnings").as_array().map_or(0, Vec::len), 0);
    }
    let answer = machine.after(DAYS, |_| {}, "create_issue", ISSUE).await;
    assert_eq!(answer.calls(), 2);
}

#[tokio::test]
async fn every_write_that_is_held_against_its_answer_goes_by_old_names() {
    let machine = Machine::new().await;
    let requests = [
        (
            "create_issue",
            "{team: ENG, title: T, assignee: jane@acme.test}",
        ),
        (
            "create_project",
            "{name: P, teams: [Engineering], state: Backlog, lead: Jane Smith}",
        ),
        ("create_document", "{title: D, project: Auth System}"),
        (
            "update_issue",
            "{issue_id: PSN-123, state: Done, changes: false}",
        ),
    ];
    let email = machine.workspace.id("User", "displayName", "jane");
    let mut address = String::new();
    machine.workspace.sandbox.edit(|store| {
        let user = store.get("User", &email).unwrap();
        address = user["email"].as_str().unwrap().to_owned();
    });
    let requests = requests.map(|(of, params)| (of, params.replace("jane@acme.test", &address)));
    let process = machine.process();
    for (operation, params) in &requests {
        call(&process, operation, params).await.data();
    }
    process.save().await;
    machine.wait(HOURS);
    for (operation, params) in &requests {
        let answer = call(&machine.process(), operation, params).await;
        answer.data();
        assert_eq!(answer.calls(), 1, "{operation}");
    }
}

#[tokio::test]
async fn a_name_that_another_state_has_by_now_is_corrected() {
    for time in [0, HOURS] {
        let machine = Machine::used().await;
        let change = |store: &mut Store| {
            let mut other = store.find("WorkflowState", "name", "Done").unwrap().clone();
            let team = store.find("Team", "key", "ENG").unwrap()["id"].clone();
            set(store, "WorkflowState", "Done", "name", "Shipped");
            other.insert("id".to_owned(), NEW.into());
            other.insert("teamId".to_owned(), team);
            store.put("WorkflowState", other);
        };
        let answer = machine.after(time, change, "create_issue", ISSUE).await;
        assert_eq!(answer.data()["state"]["name"], "Done");
        assert_eq!(
            renamed(&answer),
            "state 'Done' is called 'Shipped' in Linear now; the issue was corrected"
        );
        let received = machine.workspace.take_requests();
        assert_eq!(variable(&received, "issueUpdate", "input")["stateId"], NEW);
        assert_eq!(records(&machine.workspace, "Issue", "title", "T"), 2);
    }
}

#[tokio::test]
async fn a_key_that_another_team_has_by_now_is_corrected() {
    let machine = Machine::new().await;
    let process = machine.process();
    let params = "{team: ENG, title: T}";
    call(&process, "create_issue", params).await.data();
    process.save().await;
    let change = |store: &mut Store| {
        set(store, "Team", "ENG", "key", "OLD");
        let design = store.find("Team", "key", "DES").unwrap()["id"].clone();
        let design = design.as_str().unwrap().to_owned();
        let team = store.get_mut("Team", &design).unwrap();
        team.insert("key".to_owned(), "ENG".into());
    };
    let answer = machine.after(HOURS, change, "create_issue", params).await;
    assert_eq!(answer.data()["team"]["name"], "Design", "{:#}", answer.0);
    assert!(renamed(&answer).starts_with("team 'ENG' is called 'OLD' in Linear now"));
}

#[tokio::test]
async fn who_or_what_is_gone_is_told_or_taken_anew() {
    let machine = Machine::used().await;
    let change = |store: &mut Store| {
        remove(store, "User", "jane");
    };
    let answer = machine.after(HOURS, change, "create_issue", ISSUE).await;
    assert_eq!(answer.code(), "USER_NOT_FOUND");
    assert_eq!(records(&machine.workspace, "Issue", "title", "T"), 1);

    let machine = Machine::used().await;
    let change = |store: &mut Store| replace(store, "User", "jane");
    let answer = machine.after(HOURS, change, "create_issue", ISSUE).await;
    answer.data();
    assert_eq!(
        healed(&answer),
        ["healed: user 'Jane Smith' had gone from Linear; looked up anew"]
    );
    assert_eq!(records(&machine.workspace, "Issue", "title", "T"), 2);
}

#[tokio::test]
async fn a_name_that_was_given_up_is_told() {
    let machine = Machine::used().await;
    let change = |store: &mut Store| set(store, "User", "jane", "name", "Jane Doe");
    let answer = machine.after(HOURS, change, "create_issue", ISSUE).await;
    assert_eq!(answer.data()["assignee"]["name"], "Jane Doe");
    assert_eq!(
        renamed(&answer),
        "assignee 'Jane Smith' is called 'Jane Doe' in Linear now"
    );
}

#[tokio::test]
async fn what_no_answer_shows_is_looked_up_past_the_usual_age() {
    for (params, why) in [
        ("{team: ENG, title: T, state: completed}", "a type"),
        ("{team: ENG, title: T, state: finished}", "another word"),
        ("{team: ENG, title: T, assignee: jane}", "a display name"),
        ("{team: Engin, title: T}", "the beginning of a name"),
        ("{team: ENG, title: T, estimate: 3}", "the team's scale"),
        ("{team: ENG, title: T, cycle: current}", "which is current"),
        ("{team: ENG, title: T, labels: [brand-new]}", "a new label"),
    ] {
        let machine = Machine::new().await;
        let process = machine.process();
        call(&process, "create_issue", params).await.data();
        process.save().await;
        let answer = machine.after(HOURS, |_| {}, "create_issue", params).await;
        answer.data();
        // The new label exists by now and its name has been looked up.
        let expected = if why == "a new label" { 1 } else { 2 };
        assert_eq!(answer.calls(), expected, "{why}");
    }
}

#[tokio::test]
async fn operations_without_such_a_check_go_by_names_up_to_the_usual_age_alone() {
    for (operation, params) in [
        ("ensure_labels_exist", "{team: ENG, labels: [backend]}"),
        (
            "update_issue",
            "{issue_id: PSN-123, estimate: 3, changes: false}",
        ),
    ] {
        let machine = Machine::new().await;
        let process = machine.process();
        let first = call(&process, operation, params).await;
        first.data();
        process.save().await;
        let near = machine.after(0, |_| {}, operation, params).await;
        near.data();
        let far = machine.after(HOURS, |_| {}, operation, params).await;
        assert_eq!(near.calls() + 1, first.calls(), "{operation}");
        assert_eq!(far.calls(), first.calls(), "{operation}");
    }
}

#[tokio::test]
async fn a_label_that_the_snapshot_lacks_is_asked_for_before_it_is_made() {
    let machine = Machine::new().await;
    let process = machine.process();
    prefetch(&process).await;
    call(&process, "list_labels", "{team: ENG}").await.data();
    process.save().await;
    let other = machine.workspace.another_session();
    call(&other, "get_or_create_label", "{team: ENG, name: theirs}")
        .await
        .data();
    let params = "{team: ENG, title: T, labels: [theirs]}";
    let answer = machine.after(0, |_| {}, "create_issue", params).await;
    answer.data();
    assert_eq!(answer.calls(), 2);
    assert_eq!(
        records(&machine.workspace, "IssueLabel", "name", "theirs"),
        1
    );
}

#[tokio::test]
async fn texts_are_asked_for() {
    let machine = Machine::new().await;
    machine.workspace.sandbox.edit(|store| {
        set(store, "Team", "ENG", "description", "Builds it all");
    });
    let process = machine.process();
    prefetch(&process).await;
    process.save().await;
    let text = String::from_utf8(machine.file().1).unwrap();
    assert!(text.contains("Engineering") && !text.contains("Builds it all"));
    let answer = machine
        .after(0, |_| {}, "get_team", "{team: ENG, detail: full}")
        .await;
    assert_eq!(answer.data()["description"], "Builds it all");
    assert_eq!(answer.calls(), 1);
}

#[tokio::test]
async fn a_dry_run_and_who_asks_for_a_fresh_answer_get_one() {
    let machine = Machine::used().await;
    let with_flag = |more: &str| ISSUE.replace("{team", &format!("{{{more}: true, team"));
    let fresh = with_flag("refresh_cache");
    let fresh = machine.after(0, |_| {}, "create_issue", &fresh).await;
    assert_eq!(fresh.calls(), 2);
    // A dry run sends nothing that could show that the cached names are outdated.
    let near = machine
        .after(0, |_| {}, "create_issue", &with_flag("dry_run"))
        .await;
    assert_eq!(near.calls(), 0);
    let far = machine
        .after(HOURS, |_| {}, "create_issue", &with_flag("dry_run"))
        .await;
    assert_eq!(far.calls(), 1);
}

#[tokio::test]
async fn old_names_are_looked_up_after_the_answer_in_one_request() {
    let machine = Machine::used().await;
    machine.wait(HOURS);
    let mut process = machine.process();
    process.outdated.enable();
    machine.workspace.take_requests();
    assert_eq!(call(&process, "create_issue", ISSUE).await.calls(), 1);
    let renamed = |store: &mut Store| set(store, "User", "jane", "name", "Jane Doe");
    machine.workspace.sandbox.edit(renamed);
    machine.workspace.take_requests();
    engine::refresh(&process).await;
    let received = machine.workspace.take_requests();
    assert_eq!(
        (received.len(), mutations(&received)),
        (1, 0),
        "{received:?}"
    );
    // The refresh is done and saved on disk: the next process has the changed names without another look-up.
    engine::refresh(&process).await;
    assert!(machine.workspace.take_requests().is_empty());
    let answer = call(&machine.process(), "create_issue", ISSUE).await;
    assert_eq!(answer.code(), "USER_NOT_FOUND");
    let known = ISSUE.replace("Jane Smith", "me");
    let answer = call(&machine.process(), "create_issue", &known).await;
    answer.data();
    // Without a refresh, as in the command `run`, nothing is sent.
    machine.wait(HOURS);
    let process = machine.process();
    call(&process, "create_issue", &known).await.data();
    machine.workspace.take_requests();
    engine::refresh(&process).await;
    assert!(machine.workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_server_whose_snapshot_is_recent_sends_no_prefetch() {
    let machine = Machine::new().await;
    let first = machine.process();
    prefetch_unless_known(&first).await;
    assert_eq!(machine.workspace.take_requests().len(), 1);
    let second = machine.process();
    prefetch_unless_known(&second).await;
    assert_eq!(second.prefetch_state.phase(), PrefetchPhase::Spared);
    let params = "{team: ENG, title: T, state: Done, assignee: me}";
    let answer = call(&second, "create_issue", params).await;
    answer.data();
    assert_eq!(
        machine.workspace.take_requests().len(),
        1,
        "the issue alone"
    );
    assert_eq!(with_root(&machine.workspace.take_requests(), "teams"), 0);
    // The guards ask Linear which teams may be written to, and do not use the snapshot.
    let mut guarded = machine.process();
    let teams = vec!["Engineering".to_owned()];
    guarded.guards.places = linear_ops::session::guards::Places::new(teams, Vec::new());
    prefetch_unless_known(&guarded).await;
    assert!(matches!(
        guarded.prefetch_state.phase(),
        PrefetchPhase::Done(_)
    ));
    machine.wait(HOURS);
    machine.workspace.take_requests();
    prefetch_unless_known(&machine.process()).await;
    assert_eq!(machine.workspace.take_requests().len(), 1);
}

#[tokio::test]
async fn the_teams_that_may_be_written_to_are_not_told_by_the_snapshot() {
    let machine = Machine::new().await;
    let first = machine.process();
    prefetch(&first).await;
    let mut guarded = machine.process();
    let teams = vec!["Engineering".to_owned()];
    guarded.guards.places = linear_ops::session::guards::Places::new(teams, Vec::new());
    // The name belongs to another team since the snapshot.
    machine.workspace.sandbox.edit(|store| {
        set(store, "Team", "ENG", "name", "Old");
        let design = store.find("Team", "key", "DES").unwrap()["id"].clone();
        let design = store.get_mut("Team", design.as_str().unwrap()).unwrap();
        design.insert("name".to_owned(), "Engineering".into());
    });
    let answer = call(&guarded, "create_issue", "{team: ENG, title: T}").await;
    assert_eq!(answer.code(), "NOT_ALLOWED");
    assert_eq!(records(&machine.workspace, "Issue", "title", "T"), 0);
}

#[tokio::test]
async fn cache_status_tells_of_the_snapshot() {
    let machine = Machine::used().await;
    machine.wait(MINUTES);
    let process = machine.process();
    let status = call(&process, "cache_status", "{}").await;
    assert_eq!(status.text("/data/snapshot/state"), "used");
    assert_eq!(*status.at("/data/snapshot/age_at_start_seconds"), 60);
    assert_eq!(call(&process, "list_teams", "{}").await.calls(), 1);
    process.save().await;
    let status = call(&process, "cache_status", "{}").await;
    assert!(status.at("/data/snapshot/saved_seconds_ago").is_u64());
    let off = call(&machine.workspace.session, "cache_status", "{}").await;
    assert_eq!(off.text("/data/snapshot/state"), "off");
}
