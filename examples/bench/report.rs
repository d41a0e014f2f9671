//! The figures as Markdown, for the terminal and for the page of the benchmark.

use std::thread;

use crate::creates::CREATES;
use crate::figures::Figures;
use crate::job::{Step, StepCost};
use crate::large::FACTOR;
use crate::operations::Cost;
use crate::peers::{MEASURED, PEERS};
use crate::process::Process;
use crate::table::{Table, count, ms};
use crate::targets::{self, resident};

const START: &str = "<!-- bench:start -->\n";
const END: &str = "<!-- bench:end -->";

/// Returns the page with the report between its markers; `None` where the page has no markers.
pub fn insert(page: &str, report: &str) -> Option<String> {
    let (before, rest) = page.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}{report}{END}{after}"))
}

/// Returns the whole report.
pub fn text(figures: &Figures) -> String {
    let far = figures.rounds.latency.as_millis();
    format!(
        "{}{}\n{}
Beside other servers at the same job, {far} ms a request. Theirs were measured in {MEASURED} on a stand-in of their
own with 100 ms a request and other issues, so milliseconds and the tokens of lists compare roughly.

{}
![What creating an issue by names, listing fifty and knowing the tools cost](../bench.svg)

The job step by step, {far} ms a request, in a new session / once more in the same one:

{}
{CREATES} creates at once, in a session that knows the names:

{}
In a workspace {FACTOR} times as large (teams, labels, users, projects, issues), in a new session / once more:

{}
<details>
<summary>Each operation with its example</summary>

{}
{}
</details>

",
        conditions(),
        target_table(figures),
        warm_create_text(figures),
        server_table(figures),
        step_table(figures),
        bulk_create_table(figures),
        large_table(figures),
        legend(figures),
        operation_table(figures),
    )
}

/// Returns the text on the machine and the build.
fn conditions() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let optimised = if cfg!(debug_assertions) {
        "debug build, whose times mean nothing"
    } else {
        "release build"
    };
    format!(
        "Measured on {cores} cores ({}, {}), {optimised}.\n\n",
        std::env::consts::OS,
        std::env::consts::ARCH.replace('_', "-")
    )
}

/// Returns the table of the targets.
fn target_table(figures: &Figures) -> String {
    let mut table = Table::new(&["aim", " at most", " measured", "met"]);
    for target in targets::all(figures) {
        let met = match target.met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        table.row([&target.figure, &target.limit, &target.measured, met]);
    }
    table.text()
}

/// Returns the text on the first target.
fn warm_create_text(figures: &Figures) -> String {
    let create = &figures.create;
    format!(
        "A warm create takes {} ms (p95 {}) where requests take no time on their way; what is not its bare request is {} ms
(p95 {}), over {} creates. *Own* time, here and below, is what an operation takes over its bare requests: the bodies it
sent, sent again right afterwards by an HTTP client of the same kind to an equal stand-in.\n",
        ms(create.whole.p50),
        ms(create.whole.p95),
        ms(create.own.p50),
        ms(create.own.p95),
        figures.rounds.creates,
    )
}

/// Returns the table of this server and other servers.
fn server_table(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "server",
        " tokens of its tools",
        " start to tools",
        " memory",
        " create: calls → requests, ms",
        " list 50: requests, tokens",
        " search 20: requests, tokens",
    ]);
    let (process, job) = (&figures.process, &figures.job);
    table.row(own_row(
        "**linear-ops**, new session",
        process,
        process.all_tools,
        &job.create.cold,
        [&job.list, &job.search],
    ));
    table.row(own_row(
        "**linear-ops**, names known, `--tools yaml`, `format: table`",
        process,
        process.yaml_tools,
        &job.create.warm,
        [&job.list_table, &job.search_table],
    ));
    for peer in &PEERS {
        let create = &peer.create;
        table.row([
            peer.name,
            &count(peer.tool_tokens),
            peer.start,
            peer.memory,
            &create_cell(create.calls, create.requests, count(create.ms)),
            &query_cell(peer.list.requests, peer.list.tokens),
            &query_cell(peer.search.requests, peer.search.tokens),
        ]);
    }
    table.text()
}

/// Returns the row of this server.
fn own_row(
    name: &str,
    process: &Process,
    tools: usize,
    create: &StepCost,
    lists: [&Step; 2],
) -> [String; 7] {
    let [early, _] = process.memory;
    let [list, search] = lists.map(|step| query_cell(step.warm.requests, step.answer_tokens));
    [
        name.to_owned(),
        count(tools),
        format!("{} ms", ms(process.tools_listed.p50)),
        resident(early.resident),
        create_cell(1, create.requests, ms(create.ms)),
        list,
        search,
    ]
}

fn create_cell(calls: usize, requests: usize, ms: String) -> String {
    format!("{calls} → {requests}, {ms}")
}

fn query_cell(requests: usize, tokens: usize) -> String {
    format!("{requests}, {}", count(tokens))
}

/// Returns the table of the steps of the job.
fn step_table(figures: &Figures) -> String {
    let mut table = Table::new(&["step", " requests", " ms", " tokens in", " tokens out"]);
    for (name, step) in figures.job.steps() {
        table.row([
            name,
            &both(step.cold.requests, step.warm.requests),
            &both(ms(step.cold.ms), ms(step.warm.ms)),
            &count(step.request_tokens),
            &count(step.answer_tokens),
        ]);
    }
    table.text()
}

/// Returns the table of creates at the same time.
fn bulk_create_table(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "asked for",
        " ms a request",
        " requests",
        " ms in all",
        " creates a second",
    ]);
    for bulk in figures.bulk_creates.iter().flatten() {
        table.row([
            bulk.method.to_owned(),
            bulk.latency.as_millis().to_string(),
            bulk.requests.to_string(),
            ms(bulk.ms),
            ms(bulk.rate()),
        ]);
    }
    table.text()
}

/// Returns the table of the large workspace.
fn large_table(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "asked",
        " requests",
        " requests, large",
        " bytes from Linear",
        " bytes, large",
        " own ms",
        " own ms, large",
    ]);
    for row in &figures.large {
        let requests = |[cold, warm]: [usize; 2]| both(cold, warm);
        let own = |[cold, warm]: [f64; 2]| both(ms(cold), ms(warm));
        table.row([
            row.name,
            &requests(row.standard.requests),
            &requests(row.large.requests),
            &count(row.standard.received),
            &count(row.large.received),
            &own(row.standard.own),
            &own(row.large.own),
        ]);
    }
    table.text()
}

/// Returns the text on the columns of [`operation_table`].
fn legend(figures: &Figures) -> String {
    let rounds = &figures.rounds;
    format!(
        "Two figures are those of a new session / of the same request once more; \\* then it is refused, because it is there
already. Medians of {} rounds where requests take no time on their way, of {} where they take {} ms. What their answers
cost in tokens is in [TOKENS.md](../TOKENS.md).\n",
        rounds.near,
        rounds.far,
        rounds.latency.as_millis(),
    )
}

/// Returns the table of all operations.
fn operation_table(figures: &Figures) -> String {
    let far = format!(" ms, {} a request", figures.rounds.latency.as_millis());
    let mut table = Table::new(&[
        "operation",
        " requests",
        " ms p50",
        " ms p95",
        " own ms",
        &far,
        " bytes out",
        " bytes in",
    ]);
    for row in &figures.operations {
        let times = |time: fn(&Cost) -> f64| both(ms(time(&row.cold)), ms(time(&row.warm)));
        let sizes = |size: fn(&Cost) -> usize| both(count(size(&row.cold)), count(size(&row.warm)));
        table.row([
            format!("`{}`{}", row.name, if row.refused { " \\*" } else { "" }),
            sizes(|cost| cost.requests),
            times(|cost| cost.near.p50),
            times(|cost| cost.near.p95),
            times(|cost| cost.own.p50),
            times(|cost| cost.far.p50),
            sizes(|cost| cost.sent),
            sizes(|cost| cost.received),
        ]);
    }
    table.text()
}

/// Returns a cell with a cold and a warm figure.
fn both(cold: impl std::fmt::Display, warm: impl std::fmt::Display) -> String {
    format!("{cold} / {warm}")
}

#[cfg(test)]
mod tests {
    use super::insert;

    #[test]
    fn the_report_replaces_the_previous_report() {
        let readme = "a\n<!-- bench:start -->\nold\n<!-- bench:end -->\nb\n";
        let once = insert(readme, "new\n");
        let expected = "a\n<!-- bench:start -->\nnew\n<!-- bench:end -->\nb\n";
        assert_eq!(once.as_deref(), Some(expected));
        assert_eq!(insert(expected, "new\n"), once);
        assert_eq!(insert("a\n<!-- bench:start -->\nold\n", "new\n"), None);
    }
}
