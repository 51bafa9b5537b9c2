//! The ids of workouts and their parts, and the words that describe them.

use crate::{db::text_enum, ids::id};

id! {
    /// Names one workout.
    WorkoutId
}
id! {
    /// Names one exercise's place in a workout.
    WorkoutExerciseId
}
id! {
    /// Names one set.
    SetId
}

text_enum! {
    /// Where a workout stands.
    WorkoutStatus {
        /// Not begun.
        Planned = "planned",
        /// Being trained now.
        Active = "active",
        /// Done.
        Completed = "completed",
        /// Put away.
        Archived = "archived",
    }
}

text_enum! {
    /// What a set is for.
    SetType {
        /// Counts in full.
        Working = "working",
        /// Prepares for what follows; it counts for nothing else.
        Warmup = "warmup",
        /// Follows at once with less weight.
        Drop = "drop",
        /// Taken until no repetition was left.
        Failure = "failure",
        /// As many repetitions as possible.
        Amrap = "amrap",
        /// Continued after a few breaths.
        RestPause = "rest_pause",
    }
}

text_enum! {
    /// The side of the body that was trained.
    Side {
        /// Both at once.
        Both = "both",
        /// The left alone.
        Left = "left",
        /// The right alone.
        Right = "right",
    }
}

text_enum! {
    /// The unit that a weight was entered in.
    WeightUnit {
        /// Kilograms.
        Kg = "kg",
        /// Pounds, of exactly 0.45359237 kg each.
        Lb = "lb",
    }
}
