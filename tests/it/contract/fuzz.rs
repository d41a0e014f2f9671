//! The functions of the fuzz targets, on the examples and on some inputs that once broke a reader.

#[path = "../../fuzz/targets.rs"]
mod targets;

use linear_ops::engine::catalog::TABLE;

/// Inputs beside the examples: broken YAML, half a character, text that hides, checklists.
const INPUTS: [&[u8]; 16] = [
    b"",
    b"\xff\xfe\x00",
    b"operation: get_issue\nparams: {issue_id: PSN-1",
    b"```yaml\noperation: get_team\nparams:\n  team: ENG\n```",
    b"operation: x, params: {a: b}",
    b"{\"operation\": \"get_team\", \"params\": {\"team\": \"\\ud83d\"}}",
    b"- - - - - -",
    b"a: &a [*a]",
    b"\x00- [ ] one\n- [x] two\n```\n- [ ] three\n```",
    b"\x01<!-- ccpm-checklist-start -->\r\n* [X] one\r\n<!-- ccpm-checklist-end -->",
    b"\x02* [X] one\n* [ ] two\0- [x] one\0- [ ] three\n",
    b"\x03a \xc3\xa9 [b](<c>)\0[b](c)\0```\n",
    b"\x05Title\n---\nold\n## Next\0## Title\0new",
    b"\x08aaa\r\naa\0aa",
    b"\x41\x42\x29- x: |\n  y\n\xe2\x80\xae\xc2\x85",
    b"operation: create_issue\nparams:\n  title: \xe2\x80\x8bHidden\n  team: ENG\n---\noperation: help",
];

#[test]
fn every_target_holds_on_the_examples_and_on_what_once_broke() {
    let examples = TABLE.iter().map(|entry| entry.example.as_bytes());
    for input in examples.chain(INPUTS) {
        targets::request(input);
        targets::checklist(input);
        targets::edit(input);
        targets::envelope(input);
        targets::sandbox(input);
    }
}
