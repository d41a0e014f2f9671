//! Rules 2 to 6: a single create whose answer cannot be read or is lost, or in which Linear refuses the id, reports
//! `success: false`, or limits the request.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

use super::{
    CREATES, Create, ReportedOutcome, UNREADABLE, WAYS, Way, asks_for_no_repeat, unreadable, warned,
};
use crate::support::TestWorkspace;
use crate::support::failures::{assert_acts_used, far_limit, with_root};

/// Returns acts that execute a create and give an answer that cannot be used.
fn lost() -> Vec<Act> {
    vec![
        Act::DropAfterCommit,
        Act::UnavailableAfterCommit,
        Act::Truncated,
        Act::VoidedAfterCommit(Refusal::internal()),
    ]
}

/// Returns acts by which look-ups get no answer, however often they are sent.
fn blind() -> Vec<Act> {
    vec![Act::Drop; 3]
}

/// Rule 2: an error below the root, whether the field is nullable or not, and a null entity mean that the write was
/// executed. The write is sent once and read back, and a warning names what could not be read.
#[tokio::test]
async fn rule_2_a_create_with_an_unreadable_field_is_done_and_warned_of() {
    for create in &CREATES {
        for way in WAYS {
            for path in ["*.*", "*.*.*", "*.entity.id"] {
                let workspace = TestWorkspace::new().await;
                let act = Act::field_error(path, unreadable());
                create.script(&workspace, act, Vec::new()).await;
                let answer = create.run(&workspace, way).await;
                assert_acts_used(&workspace, &answer);
                let what = format!("{} {path}: {:#}", create.operation, answer.0);
                assert_eq!(
                    ReportedOutcome::of(&answer),
                    ReportedOutcome::Done,
                    "{what}"
                );
                assert_eq!(create.made(&workspace), 1, "{what}");
                assert_eq!(
                    with_root(&workspace.take_requests(), create.root),
                    1,
                    "{what}"
                );
                warned(&answer, UNREADABLE);
                asks_for_no_repeat(&answer);
            }
        }
    }
}

#[tokio::test]
async fn rule_2_a_create_without_its_entity_is_read_back_and_answered_in_full() {
    for create in &CREATES {
        let (plain, workspace) = (TestWorkspace::new().await, TestWorkspace::new().await);
        let plain = create.run(&plain, Way::Alone).await;
        create
            .script(&workspace, Act::null_entity(create.root), Vec::new())
            .await;
        let answer = create.run(&workspace, Way::Alone).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(create.made(&workspace), 1);
        assert_eq!(with_root(&workspace.take_requests(), create.root), 1);
        for (name, value) in plain.data().as_object().unwrap() {
            if !name.ends_with("_at") {
                assert_eq!(answer.data()[name], *value, "{} {name}", create.operation);
            }
        }
    }
}

/// Rule 2: an entity that cannot be read back is not a failure, and nothing is repeated.
#[tokio::test]
async fn rule_2_a_create_that_cannot_be_read_back_is_done_with_what_is_known() {
    for create in &CREATES {
        for way in WAYS {
            let workspace = TestWorkspace::new().await;
            let act = Act::field_error("*.entity.id", unreadable());
            create.script(&workspace, act, blind()).await;
            let answer = create.run(&workspace, way).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{}: {:#}", create.operation, answer.0);
            assert_eq!(
                ReportedOutcome::of(&answer),
                ReportedOutcome::Done,
                "{what}"
            );
            assert_eq!(create.made(&workspace), 1, "{what}");
            assert_eq!(
                with_root(&workspace.take_requests(), create.root),
                1,
                "{what}"
            );
            assert!(!answer.texts("/warnings").is_empty(), "{what}");
            asks_for_no_repeat(&answer);
        }
    }
}

/// Rule 2: reads may lag behind the write whose answer cannot be read; the write is still reported as done.
#[tokio::test]
async fn rule_2_an_unreadable_create_that_reads_do_not_show_yet_is_done() {
    for create in &CREATES {
        for lag in [1_usize, 3, 9] {
            let workspace = TestWorkspace::new().await;
            let act = Act::field_error("*.entity.id", unreadable());
            create.script(&workspace, act, Vec::new()).await;
            workspace.sandbox.script().reads_lag(lag);
            let answer = create.run(&workspace, Way::Alone).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{} lag {lag}: {:#}", create.operation, answer.0);
            assert_eq!(
                ReportedOutcome::of(&answer),
                ReportedOutcome::Done,
                "{what}"
            );
            assert_eq!(create.made(&workspace), 1, "{what}");
            assert_eq!(
                with_root(&workspace.take_requests(), create.root),
                1,
                "{what}"
            );
            asks_for_no_repeat(&answer);
        }
    }
}

/// Rule 3: when reads lag behind the first try, the create is sent again and Linear refuses its id. The create was done
/// then, whether it can be read by then or not.
#[tokio::test]
async fn rule_3_a_refusal_of_our_own_id_means_done() {
    for create in CREATES.iter().filter(|create| create.has_own_id) {
        for way in WAYS {
            for (lag, can_be_read) in [(5_usize, true), (99, false)] {
                let workspace = TestWorkspace::new().await;
                create
                    .script(&workspace, Act::DropAfterCommit, Vec::new())
                    .await;
                workspace.sandbox.script().reads_lag(lag);
                let answer = create.run(&workspace, way).await;
                let what = format!("{} lag {lag}: {:#}", create.operation, answer.0);
                assert_eq!(
                    ReportedOutcome::of(&answer),
                    ReportedOutcome::Done,
                    "{what}"
                );
                assert_eq!(create.made(&workspace), 1, "{what}");
                assert_eq!(
                    with_root(&workspace.take_requests(), create.root),
                    2,
                    "{what}"
                );
                let warnings = answer.texts("/warnings");
                // A label is returned from the values of the request, so that an unreadable answer causes no warning.
                let is_label = create.root == "issueLabelCreate";
                assert!(is_label || warnings.is_empty() == can_be_read, "{what}");
                asks_for_no_repeat(&answer);
            }
        }
    }
}

/// Rule 4. Only an issue and a project may be null beside `success: false`; the other payloads have no such answer.
#[tokio::test]
async fn rule_4_success_false_means_that_it_did_not_happen() {
    let may_be_null = ["issueCreate", "projectCreate"];
    for create in CREATES
        .iter()
        .filter(|create| may_be_null.contains(&create.root))
    {
        for way in WAYS {
            let workspace = TestWorkspace::new().await;
            create
                .script(&workspace, Act::success_false(create.root), Vec::new())
                .await;
            let answer = create.run(&workspace, way).await;
            assert_acts_used(&workspace, &answer);
            let reported = ReportedOutcome::of(&answer);
            let what = format!("{}: {:#}", create.operation, answer.0);
            reported.fits(create.made(&workspace), &answer);
            assert!(matches!(reported, ReportedOutcome::Failed(_)), "{what}");
            assert_eq!(
                with_root(&workspace.take_requests(), create.root),
                1,
                "{what}"
            );
        }
    }
}

/// Rule 5: a lost answer is settled by a look-up, however far reads lag behind, and nothing is created twice.
#[tokio::test]
async fn rule_5_a_lost_create_is_there_once_however_reads_lag() {
    for create in &CREATES {
        for act in lost() {
            for lag in [0_usize, 1, 2, 3, 4, 6] {
                let workspace = TestWorkspace::new().await;
                create.script(&workspace, act.clone(), Vec::new()).await;
                workspace.sandbox.script().reads_lag(lag);
                let way = if lag % 2 == 0 {
                    Way::Alone
                } else {
                    Way::InBatch
                };
                let answer = create.run(&workspace, way).await;
                assert_acts_used(&workspace, &answer);
                let what = format!("{} {act:?} lag {lag}: {:#}", create.operation, answer.0);
                assert_eq!(
                    ReportedOutcome::of(&answer),
                    ReportedOutcome::Done,
                    "{what}"
                );
                assert_eq!(create.made(&workspace), 1, "{what}");
                if lag <= 3 {
                    assert!(answer.texts("/warnings").is_empty(), "{what}");
                    assert_eq!(
                        with_root(&workspace.take_requests(), create.root),
                        1,
                        "{what}"
                    );
                }
            }
        }
    }
}

/// Rule 5: a create that was not executed counts as absent after four look-ups, and is repeated under the same id.
#[tokio::test]
async fn rule_5_a_create_that_is_not_there_is_repeated_after_four_looks() {
    for create in &CREATES {
        let workspace = TestWorkspace::new().await;
        create.script(&workspace, Act::Drop, Vec::new()).await;
        let answer = create.run(&workspace, Way::Alone).await;
        assert_eq!(
            ReportedOutcome::of(&answer),
            ReportedOutcome::Done,
            "{:#}",
            answer.0
        );
        assert_eq!(create.made(&workspace), 1);
        let received = workspace.take_requests();
        let mut sent = received.iter().filter(|request| request.mutation);
        let (first, second) = (sent.next().unwrap(), sent.next().unwrap());
        assert_eq!(first.variables, second.variables, "{}", create.operation);
        let begun = received
            .iter()
            .position(|request| request.mutation)
            .unwrap();
        let again = received
            .iter()
            .rposition(|request| request.mutation)
            .unwrap();
        assert_eq!(again - begun - 1, 4, "{}: {received:#?}", create.operation);
    }
}

/// Rule 5: look-ups that get no answer settle nothing.
#[tokio::test]
async fn rule_5_a_lost_create_that_cannot_be_looked_for_is_unknown() {
    for create in &CREATES {
        for act in [Act::Drop, Act::DropAfterCommit] {
            let workspace = TestWorkspace::new().await;
            create.script(&workspace, act.clone(), blind()).await;
            let answer = create.run(&workspace, Way::Alone).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(
                ReportedOutcome::of(&answer),
                ReportedOutcome::Unknown,
                "{:#}",
                answer.0
            );
            assert_eq!(with_root(&workspace.take_requests(), create.root), 1);
            assert!(!answer.texts("/error/suggestions").is_empty());
        }
    }
}

/// Rule 6: a rate limit means that the create was not executed.
#[tokio::test]
async fn rule_6_a_request_that_is_limited_as_a_whole_did_nothing() {
    for create in &CREATES {
        for way in WAYS {
            let workspace = TestWorkspace::new().await;
            create.script(&workspace, far_limit(), Vec::new()).await;
            let answer = create.run(&workspace, way).await;
            assert_acts_used(&workspace, &answer);
            let limited = ReportedOutcome::Failed("LINEAR_API_RATE_LIMIT".to_owned());
            assert_eq!(ReportedOutcome::of(&answer), limited, "{:#}", answer.0);
            assert_eq!(create.made(&workspace), 0, "{:#}", answer.0);
            let received = workspace.take_requests();
            assert_eq!(with_root(&received, create.root), 1);
            assert!(received.last().unwrap().mutation, "nothing is looked for");
        }
    }
}

#[tokio::test]
async fn rule_6_a_limit_that_ends_soon_is_waited_for() {
    for create in &CREATES {
        let workspace = TestWorkspace::new().await;
        let soon = Act::RateLimited {
            status: 429,
            reset_in_ms: 1,
            retry_after: None,
        };
        create.script(&workspace, soon, Vec::new()).await;
        let answer = create.run(&workspace, Way::Alone).await;
        assert_eq!(
            ReportedOutcome::of(&answer),
            ReportedOutcome::Done,
            "{:#}",
            answer.0
        );
        assert_eq!(create.made(&workspace), 1);
        assert_eq!(with_root(&workspace.take_requests(), create.root), 2);
    }
}

/// Rule 6: a limit after a lost first try says nothing about that try.
#[tokio::test]
async fn rule_6_a_limit_after_a_lost_try_does_not_call_it_failed() {
    for create in &CREATES {
        for first in [Act::Drop, Act::DropAfterCommit] {
            let workspace = TestWorkspace::new().await;
            create.script(&workspace, first, Vec::new()).await;
            create.script(&workspace, far_limit(), Vec::new()).await;
            workspace.sandbox.script().reads_lag(99_usize);
            let answer = create.run(&workspace, Way::Alone).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(
                ReportedOutcome::of(&answer),
                ReportedOutcome::Unknown,
                "{:#}",
                answer.0
            );
            create.made(&workspace);
        }
    }
}

#[tokio::test]
async fn rule_6_a_request_that_never_left_did_nothing() {
    let nobody = |endpoint: &mut linear_ops::linear::http::Endpoint| {
        endpoint.url = "http://127.0.0.1:9/graphql".to_owned();
    };
    for Create {
        operation, params, ..
    } in &CREATES
    {
        let workspace = TestWorkspace::with_endpoint(nobody).await;
        let answer = workspace.call(operation, &params(0)).await;
        assert_eq!(answer.code(), "LINEAR_API_UNREACHABLE", "{operation}");
    }
}
