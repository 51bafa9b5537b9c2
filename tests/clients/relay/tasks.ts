// A list of tasks as a Relay app would write it: a page that goes on, rows that are fetched anew by
// their id, and mutations that tell the store what became of the list.
import { graphql } from "relay-runtime";

export const screen = graphql`
  query tasksScreenQuery($count: Int!, $cursor: String, $filter: TaskFilter) {
    ...tasksList @arguments(count: $count, cursor: $cursor, filter: $filter)
  }
`;

export const list = graphql`
  fragment tasksList on Query
  @refetchable(queryName: "tasksListPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 10 }
    cursor: { type: "String" }
    filter: { type: "TaskFilter" }
  ) {
    tasks(first: $count, after: $cursor, filter: $filter)
      @connection(key: "tasksList_tasks", filters: ["filter"]) {
      edges {
        node {
          id
          ...tasksRow
        }
      }
    }
  }
`;

export const row = graphql`
  fragment tasksRow on Task @refetchable(queryName: "tasksRowRefetchQuery") {
    title
    completed
    priority
    dueDate
    version
    subtasks {
      id
      title
      completed
    }
  }
`;

export const create = graphql`
  mutation tasksCreateMutation($input: CreateTaskInput!, $connections: [ID!]!) {
    createTask(input: $input) {
      task @appendNode(connections: $connections, edgeTypeName: "TaskEdge") {
        id
        ...tasksRow
      }
    }
  }
`;

export const complete = graphql`
  mutation tasksCompleteMutation($id: ID!, $connections: [ID!]!) {
    completeTask(id: $id) {
      task {
        completed
        version
      }
      next @prependNode(connections: $connections, edgeTypeName: "TaskEdge") {
        id
        ...tasksRow
      }
      withdrawnId @deleteEdge(connections: $connections)
    }
  }
`;

export const changed = graphql`
  subscription tasksChangedSubscription($after: String) {
    changed(after: $after, entities: [TASK]) {
      cursor
      operation
      id
      node {
        id
        ...tasksRow @alias(as: "task")
      }
    }
  }
`;
