//! A team's scale of estimates (`linear/api.md` §1.2).

use crate::linear::model::Team;
use crate::session::Context;

/// Each scale with the two values that an extended one has on top. T-shirt sizes are numbers too: XS 1 to XL 8, then
/// XXL and XXXL.
const SCALES: &[(&str, &[u32], &[u32])] = &[
    ("exponential", &[1, 2, 4, 8, 16], &[32, 64]),
    ("fibonacci", &[1, 2, 3, 5, 8], &[13, 21]),
    ("linear", &[1, 2, 3, 4, 5], &[6, 7]),
    ("tShirt", &[1, 2, 3, 5, 8], &[13, 21]),
];

/// The values of the team's scale; `None` where it uses none, or one that is not known here.
fn scale(team: &Team) -> Option<Vec<u32>> {
    let (_, usual, extended) = SCALES
        .iter()
        .find(|(name, _, _)| *name == team.issue_estimation_type)?;
    let mut values = Vec::new();
    if team.issue_estimation_allow_zero {
        values.push(0);
    }
    values.extend_from_slice(usual);
    if team.issue_estimation_extended {
        values.extend_from_slice(extended);
    }
    Some(values)
}

/// Warns of an estimate that is not on the team's scale, with the nearest value that is, and of any estimate in a team
/// that uses none: Linear keeps that value and shows it nowhere. Either is sent: which values it takes is Linear's to say.
pub(super) fn check(cx: &Context<'_>, team: &Team, points: u32) {
    if team.issue_estimation_type == "notUsed" {
        cx.warn(format!(
            "Team '{}' uses no estimates; Linear shows this one nowhere",
            team.name
        ));
        return;
    }
    let values = scale(team).unwrap_or_default();
    if values.contains(&points) {
        return;
    }
    if let Some(nearest) = values.iter().min_by_key(|value| value.abs_diff(points)) {
        cx.warn(format!(
            "Estimate {points} is not on the scale of team '{}' ({}); the nearest value is {nearest}",
            team.name, team.issue_estimation_type
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(kind: &str, zero: bool, extended: bool) -> Team {
        serde_json::from_value(serde_json::json!({
            "id": "t", "key": "ENG", "name": "Engineering", "description": null,
            "triageEnabled": false, "cyclesEnabled": true, "issueEstimationType": kind,
            "issueEstimationAllowZero": zero, "issueEstimationExtended": extended,
        }))
        .unwrap()
    }

    #[test]
    fn a_scale_has_its_zero_and_its_extension_when_they_are_on() {
        assert_eq!(
            scale(&team("fibonacci", false, false)).unwrap(),
            [1, 2, 3, 5, 8]
        );
        assert_eq!(
            scale(&team("exponential", true, true)).unwrap(),
            [0, 1, 2, 4, 8, 16, 32, 64]
        );
        assert_eq!(scale(&team("notUsed", true, true)), None);
    }
}
