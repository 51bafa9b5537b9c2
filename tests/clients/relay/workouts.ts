// Training as a Relay app would write it: nested three levels deep, with a connection of its own for
// the sets of one workout.
import { graphql } from "relay-runtime";

export const diary = graphql`
  query workoutsDiaryQuery($count: Int!, $cursor: String) {
    ...workoutsDiary @arguments(count: $count, cursor: $cursor)
  }
`;

export const pages = graphql`
  fragment workoutsDiary on Query
  @refetchable(queryName: "workoutsDiaryPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }) {
    workouts(first: $count, after: $cursor) @connection(key: "workoutsDiary_workouts") {
      edges {
        node {
          id
          ...workoutsWhole
        }
      }
    }
  }
`;

export const whole = graphql`
  fragment workoutsWhole on Workout @refetchable(queryName: "workoutsWholeRefetchQuery") {
    name
    status
    exercises {
      id
      exercise {
        id
        name
      }
      sets {
        id
        ...workoutsSet
      }
    }
  }
`;

export const set = graphql`
  fragment workoutsSet on WorkoutSet {
    reps
    weight
    weightUnit
    isCompleted
  }
`;

export const sets = graphql`
  query workoutsSetsQuery($workoutId: ID!, $count: Int!, $cursor: String) {
    sets(workoutId: $workoutId, first: $count, after: $cursor)
      @connection(key: "workoutsSets_sets") {
      edges {
        node {
          id
          ...workoutsSet
        }
      }
    }
  }
`;

export const anyRecord = graphql`
  query workoutsAnyRecordQuery($id: ID!) {
    node(id: $id) {
      id
      ...workoutsWhole @alias(as: "workout")
    }
  }
`;
