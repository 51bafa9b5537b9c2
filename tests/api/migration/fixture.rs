//! The files that the app begins with, and all that its people can read.

/// Untouched by what the tests write, and full of what only the app understands.
pub const OLD_SESSION: &str = r#"  {
    "id": "9945da32-0000-4000-8000-000000000002",
    "userId": "user-1",
    "name": "Heavy day",
    "startTime": "2025-09-19T06:00:00.000Z",
    "endTime": "2025-09-19T07:30:00.000Z",
    "mood": {"before": "tired", "after": null},
    "exercises": [
      {
        "id": "ex-1",
        "sessionId": "9945da32-0000-4000-8000-000000000002",
        "name": "bench press (barbell)",
        "category": "Chest",
        "order": 1,
        "sets": [
          {"id": "set-1", "order": 1, "isCompleted": true, "weight": 80.0, "repetitions": 10, "intensity": 3},
          {"id": "set-2", "order": 2, "isCompleted": true, "weight": 82.5, "repetitions": 8, "intensity": 4}
        ]
      },
      {
        "id": "ex-2",
        "name": "Farmer's walk",
        "order": 2,
        "sets": [{"id": "set-1", "order": 1, "isCompleted": true, "weight": 40, "repetitions": 3}]
      }
    ]
  }"#;

pub const OPEN_SESSION: &str = r#"  {
    "id": "ee3a17ce-0000-4000-8000-000000000001",
    "userId": "user-1",
    "name": "Push",
    "startTime": "2025-09-21T02:09:27.586Z",
    "colour": "red",
    "exercises": [],
    "notes": "Created from Push Day template"
  }"#;

pub const BOBS_SESSION: &str = r#"  {
    "id": "b0b5da32-0000-4000-8000-000000000003",
    "userId": "user-2",
    "startTime": "2025-09-20T06:00:00.000Z",
    "endTime": "2025-09-20T06:45:00.000Z",
    "exercises": [
      {
        "id": "ex-1",
        "name": "Barbell Bench Press",
        "order": 0,
        "sets": [{"id": "set-9", "order": 0, "isCompleted": true, "weight": 60, "repetitions": 5}]
      }
    ]
  }"#;

pub const LIBRARY: &str = r#"{
  "version": "1.0.0",
  "description": "what the app ships with",
  "exercises": [
    {
      "id": "ex-chest-001",
      "name": "Barbell Bench Press",
      "category": "Chest",
      "muscleGroups": ["Pectorals", "Triceps"],
      "equipment": ["Barbell", "Bench"],
      "instructions": ["Lie down", "Press"],
      "difficulty": "intermediate",
      "isCustom": false,
      "isFavorite": true
    },
    {
      "id": "ex-legs-001",
      "name": "Squat",
      "category": "Legs",
      "muscleGroups": ["Quadriceps"],
      "equipment": ["Barbell"],
      "difficulty": "beginner",
      "isCustom": false,
      "isFavorite": false
    }
  ]
}
"#;

pub const USERS: &str = r#"[
  {
    "id": "user-1",
    "name": "Ada",
    "preferences": {"defaultWeightUnit": "lbs", "defaultIntensityScale": 5, "theme": "dark"},
    "createdAt": "2025-09-19T10:00:00.000Z"
  },
  {
    "id": "user-2",
    "name": "Bob",
    "preferences": {"defaultWeightUnit": "kg"},
    "createdAt": "2025-09-19T10:00:00.000Z"
  }
]
"#;

/// Everything that a person can read: the lists, page by page.
pub const LISTS: [(&str, &str, &str); 6] = [
    ("workouts", "workouts(first: 100, after: $after)", WORKOUT),
    ("deleted", "deleted: workouts(first: 100, after: $after, filter: {deleted: true})", WORKOUT),
    ("templates", "templates(first: 100, after: $after)", WORKOUT),
    (
        "history",
        "history(first: 100, after: $after)",
        "id workoutId workoutName performedAt timezone localDate durationSeconds bodyweightKg rating notes source
            version createdAt updatedAt",
    ),
    (
        "exercises",
        "exercises(first: 100, after: $after)",
        "id name category measurement primaryMuscles secondaryMuscles equipment level aliases description
            instructions archivedAt version isMine",
    ),
    ("tasks", "tasks(first: 100, after: $after)", "id title completed version"),
];

const WORKOUT: &str = "id name notes isTemplate status startedAt endedAt version createdAt updatedAt deletedAt
    exercises { id orderIndex supersetGroup targetSets targetReps targetWeight targetRpe restSeconds notes
      exercise { id name }
      sets { id orderIndex setType side reps weight weightUnit rpe durationSeconds isCompleted notes performedAt
        version } }";

pub const SETTINGS: &str = "{ settings { units timezone weekStart preferences version } }";
