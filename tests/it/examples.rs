//! Every row of the table runs its own example.

use crate::world::World;

#[tokio::test]
async fn every_operation_runs_its_example() {
    for entry in linear_ops::operations::TABLE.iter() {
        let world = World::new().await;
        let cold = world.run(entry.example).await;
        println!("{}", cold.to_yaml());
        let warm = world.run(entry.example).await;
        println!("warm: {}\n", warm.report.requests);
        assert!(
            cold.is_success() && warm.is_success(),
            "{}",
            entry.spec.name
        );
    }
}
