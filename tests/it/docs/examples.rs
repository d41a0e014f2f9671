//! Every row of the table runs its own example.

use linear_ops::operations::TABLE;

use crate::support::World;

#[tokio::test]
async fn every_operation_runs_its_example() {
    for entry in TABLE.iter() {
        let world = World::deleting().await;
        let cold = world.run(entry.example).await;
        assert!(cold.is_success(), "{}", cold.to_yaml());
        assert!(cold.report.warnings.is_empty(), "{}", cold.to_yaml());
        let warm = world.run(entry.example).await;
        // A name is taken once it is there, and what is gone cannot be deleted again.
        let once = matches!(entry.spec.name, "create_issue_label" | "delete_comment");
        assert_eq!(warm.is_success(), !once, "{}", warm.to_yaml());
    }
}
