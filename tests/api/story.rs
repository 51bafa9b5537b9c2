//! One user's first week, from signing up to ticking off a task, as an app would send it: nothing here
//! reaches past the API.

use serde_json::{Value, json};

use crate::support::TestApp;

/// An app on a phone: it knows the server's address, and its token once it has one.
struct Phone<'a> {
    app: &'a TestApp,
    token: Option<String>,
}

impl Phone<'_> {
    /// What the server answers to a request that must work.
    async fn send(&self, query: &str, variables: Value) -> Value {
        let answer = match &self.token {
            Some(token) => self.app.graphql_with(token, query, variables).await,
            None => self.app.graphql(query, variables).await,
        };
        answer.data().clone()
    }

    async fn sign_up(&mut self) {
        let query = "mutation ($input: SignUpInput!) {
            signUp(input: $input) { accessToken user { displayName } } }";
        let input = json!({"email": "ada@example.com", "password": "correct horse battery",
            "displayName": "Ada", "timezone": "Europe/Berlin"});
        let made = self.send(query, json!({"input": input})).await;
        assert_eq!(made["signUp"]["user"]["displayName"], "Ada");
        self.token = made["signUp"]["accessToken"].as_str().map(str::to_owned);
    }

    async fn find_exercise(&self, search: &str) -> Value {
        let query = "query ($search: String!) {
            exercises(filter: {search: $search}, first: 1) { nodes { id name } } }";
        let found = self.send(query, json!({"search": search})).await;
        found["exercises"]["nodes"][0].clone()
    }

    async fn plan(&self, exercise: &Value) -> Value {
        let query = "mutation ($input: WorkoutInput!) { createWorkout(input: $input) {
            workout { id status exercises { id sets { id isCompleted } } } } }";
        let input = json!({"name": "Leg day", "exercises": [
            {"exerciseId": exercise["id"], "targetSets": 2, "sets": [
                {"reps": 5, "weight": 100}, {"reps": 20, "weight": 60}]},
        ]});
        let made = self.send(query, json!({"input": input})).await;
        made["createWorkout"]["workout"].clone()
    }

    async fn train(&self, workout: &Value) {
        let start = "mutation ($id: ID!) { startWorkout(input: {id: $id}) { workout { status } } }";
        let started = self.send(start, json!({"id": workout["id"]})).await;
        assert_eq!(started["startWorkout"]["workout"]["status"], "ACTIVE");

        let place = &workout["exercises"][0];
        assert_eq!(place["sets"][0]["isCompleted"], false);
        let done = "mutation ($id: ID!) {
            updateSet(id: $id, input: {isCompleted: true, rpe: 8}) { set { isCompleted } } }";
        let done = self.send(done, json!({"id": place["sets"][0]["id"]})).await;
        assert_eq!(done["updateSet"]["set"]["isCompleted"], true);

        let add =
            "mutation ($input: AddSetInput!) { addSet(input: $input) { set { orderIndex } } }";
        let another = json!({"workoutExerciseId": place["id"], "reps": 3, "weight": 110});
        let added = self.send(add, json!({"input": another})).await;
        assert_eq!(added["addSet"]["set"]["orderIndex"], 2);
    }

    async fn complete(&self, workout: &Value) {
        let query = "mutation ($id: ID!) { completeWorkout(id: $id, input: {rating: 4}) {
            workout { status } } }";
        let done = self.send(query, json!({"id": workout["id"]})).await;
        assert_eq!(done["completeWorkout"]["workout"]["status"], "COMPLETED");
    }

    async fn history(&self) -> Value {
        let query = "{ history { nodes { workoutName rating summary { volumeKg } } } }";
        self.send(query, json!({})).await["history"]["nodes"].clone()
    }

    async fn plan_tasks(&self) -> (Value, Value) {
        let query =
            "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }";
        let mut ids = Vec::new();
        for input in [
            json!({"title": "Buy chalk"}),
            json!({"title": "Stretch", "dueDate": "2026-03-02", "recurrence": "FREQ=DAILY"}),
        ] {
            let made = self.send(query, json!({"input": input})).await;
            ids.push(made["createTask"]["task"]["id"].clone());
        }
        (ids[0].clone(), ids[1].clone())
    }

    /// Completes a task and gives what comes next.
    async fn tick_off(&self, task: &Value) -> Value {
        let query = "mutation ($id: ID!) { completeTask(id: $id) { task { completed } next { title dueDate } } }";
        let done = self.send(query, json!({"id": task})).await;
        assert_eq!(done["completeTask"]["task"]["completed"], true);
        done["completeTask"]["next"].clone()
    }

    async fn open_tasks(&self) -> Value {
        let query = "{ tasks(filter: {completed: false}) { nodes { title } } }";
        self.send(query, json!({})).await["tasks"]["nodes"].clone()
    }
}

#[tokio::test]
async fn somebody_signs_up_plans_trains_completes_looks_back_and_ticks_off_their_tasks() {
    let app = TestApp::seeded().await;
    let mut ada = Phone {
        app: &app,
        token: None,
    };

    ada.sign_up().await;
    assert_eq!(ada.history().await, json!([]));

    let squat = ada.find_exercise("barbell back squat").await;
    let workout = ada.plan(&squat).await;
    assert_eq!(workout["status"], "PLANNED");
    ada.train(&workout).await;
    ada.complete(&workout).await;

    let history = ada.history().await;
    assert_eq!(history.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&history[0]["workoutName"], &history[0]["rating"]),
        (&json!("Leg day"), &json!(4))
    );
    // The second of the planned sets was never ticked off.
    assert_eq!(history[0]["summary"]["volumeKg"], 5 * 100 + 3 * 110);

    let (chalk, stretch) = ada.plan_tasks().await;
    assert_eq!(ada.tick_off(&chalk).await, Value::Null);
    assert_eq!(
        ada.tick_off(&stretch).await,
        json!({"title": "Stretch", "dueDate": "2026-03-03"})
    );
    assert_eq!(ada.open_tasks().await, json!([{"title": "Stretch"}]));
}
