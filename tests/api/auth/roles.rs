//! Roles: who is an admin, how one becomes one, and how one is none any more.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{PASSWORD, Tokens, refresh, sign_in, sign_up, try_sign_in, who};
use crate::support::{Answer, Finished, TestApp, regimen, scratch_folder};

const USERS: &str =
    "query ($filter: UserFilter, $order: UserOrder = EMAIL, $first: Int, $after: String) {
    users(filter: $filter, order: $order, first: $first, after: $after) {
        nodes { id email role settings { timezone } } pageInfo { hasNextPage endCursor } totalCount
    }
}";
const SET_ROLE: &str = "mutation ($id: ID!, $role: Role!) {
    setRole(userId: $id, role: $role) { user { email role } }
}";

fn emails(answer: &Answer) -> Vec<&str> {
    let nodes = answer.data()["users"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["email"].as_str().unwrap())
        .collect()
}

async fn command(app: &TestApp, args: &[&str]) -> Finished {
    let folder = scratch_folder("user");
    Finished::of(
        regimen(&folder)
            .env("DATABASE_URL", &app.database.url)
            .arg("user")
            .args(args),
    )
    .await
}

#[tokio::test]
async fn users_are_for_admins() {
    let app = TestApp::start().await;
    let (ada, root) = (app.user("ada").await, app.admin("root").await);
    let one = "query ($id: ID!) { user(id: $id) { email } }";
    let ada_id = json!({"id": ada.id});

    for refused in [
        ada.graphql(USERS, json!({})).await,
        ada.graphql(one, ada_id.clone()).await,
        ada.graphql(SET_ROLE, json!({"id": ada.id, "role": "ADMIN"}))
            .await,
    ] {
        assert_eq!(refused.code(), "FORBIDDEN");
    }
    assert_eq!(
        app.graphql(USERS, json!({})).await.code(),
        "UNAUTHENTICATED"
    );

    let found = root.graphql(one, ada_id).await;
    assert_eq!(found.data()["user"]["email"], "ada@example.com");
    let nobody = json!({"id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    assert_eq!(root.graphql(one, nobody).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn users_are_found_by_parts_of_their_address_page_by_page() {
    let app = TestApp::start().await;
    let root = app.admin("Root").await;
    for name in ["ada", "adam", "bob", "under_score"] {
        app.user(name).await;
    }
    let all = root.graphql(USERS, json!({})).await;
    let sorted = [
        "ada@example.com",
        "adam@example.com",
        "bob@example.com",
        "Root@example.com",
        "under_score@example.com",
    ];
    assert_eq!(emails(&all), sorted);
    assert_eq!(all.data()["users"]["totalCount"], 5);

    for (search, found) in [
        ("ADA", 2),
        ("adam@", 1),
        ("r_s", 1),
        ("%", 0),
        ("\\", 0),
        (" ", 5),
    ] {
        let answer = root
            .graphql(USERS, json!({"filter": {"search": search}}))
            .await;
        assert_eq!(emails(&answer).len(), found, "{search}");
    }
    let admins = root
        .graphql(USERS, json!({"filter": {"role": "ADMIN"}}))
        .await;
    assert_eq!(emails(&admins), ["Root@example.com"]);

    for order in ["EMAIL", "NEWEST"] {
        let whole = root.graphql(USERS, json!({"order": order})).await;
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        for _ in 0..3 {
            let page = json!({"order": order, "first": 2, "after": after});
            let page = root.graphql(USERS, page).await;
            seen.extend(emails(&page).iter().map(ToString::to_string));
            after = page.data()["users"]["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen, emails(&whole), "{order}");
    }
}

#[tokio::test]
async fn a_page_of_users_with_settings_takes_the_same_statements_whatever_its_size() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    for n in 0..100 {
        app.user(&format!("user{n}")).await;
    }
    // Those who have no settings yet are given some the first time.
    root.graphql(USERS, json!({"first": 100})).await.data();
    let mut counts = Vec::new();
    for size in [1, 20, 100] {
        let page = root.graphql(USERS, json!({"first": size}));
        let (statements, answer) = app.statements_of(page).await;
        assert_eq!(emails(&answer).len(), size);
        assert_eq!(
            answer.data()["users"]["nodes"][0]["settings"]["timezone"],
            "UTC"
        );
        counts.push(statements);
    }
    // The admin's role, the page, its count, the settings.
    assert_eq!(counts, [4, 4, 4]);
}

#[tokio::test]
async fn a_role_given_counts_from_the_next_token_and_one_taken_away_at_once() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let ada = sign_up(&app, "ada@example.com").await;
    let set = |role: &str| json!({"id": ada.user["id"], "role": role});

    let promoted = root.graphql(SET_ROLE, set("ADMIN")).await;
    assert_eq!(
        promoted.data()["setRole"]["user"],
        json!({"email": "ada@example.com", "role": "ADMIN"})
    );
    let old_token = app.graphql_with(&ada.access, USERS, json!({})).await;
    assert_eq!(old_token.code(), "FORBIDDEN");
    let fresh = Tokens::of(&refresh(&app, &ada.refresh).await, "refreshSession");
    app.graphql_with(&fresh.access, USERS, json!({}))
        .await
        .data();

    root.graphql(SET_ROLE, set("MEMBER")).await.data();
    let refused = app.graphql_with(&fresh.access, USERS, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(
        who(&app, &fresh.access).await.data()["viewer"]["role"],
        "MEMBER"
    );
}

#[tokio::test]
async fn the_last_admin_stays_one_even_when_two_demote_each_other_at_once() {
    let app = TestApp::start().await;
    let (one, two) = (app.admin("one").await, app.admin("two").await);
    let demote = |user: &crate::support::TestUser<'_>| json!({"id": user.id, "role": "MEMBER"});

    let (first, second) = tokio::join!(
        one.graphql(SET_ROLE, demote(&two)),
        two.graphql(SET_ROLE, demote(&one))
    );

    let failed = [&first, &second].map(|answer| !answer.body["errors"].is_null());
    assert!(failed.contains(&true), "{first:?} {second:?}");
    let admins = command(&app, &["list"]).await.stdout;
    assert_eq!(
        admins
            .lines()
            .filter(|line| line.contains(" admin "))
            .count(),
        1,
        "{admins}"
    );
}

#[tokio::test]
async fn an_admin_whose_account_is_gone_is_nobody() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    app.admin("other").await;
    let delete = root
        .graphql("mutation { deleteAccount { id } }", json!({}))
        .await;
    delete.data();
    let refused = root.graphql(USERS, json!({})).await;
    assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn the_first_admin_is_made_by_command_line() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;

    let promoted = command(&app, &["promote", "ADA@example.com"]).await;
    assert!(promoted.success, "{}", promoted.stderr);
    assert!(
        promoted
            .stdout
            .starts_with("ada@example.com is an admin now"),
        "{}",
        promoted.stdout
    );
    let admin = sign_in(&app, "ada@example.com").await;
    app.graphql_with(&admin.access, USERS, json!({}))
        .await
        .data();

    let again = command(&app, &["promote", "ada@example.com"]).await;
    assert_eq!(again.stdout, "ada@example.com is an admin already\n");
    let list = command(&app, &["list"]).await.stdout;
    assert!(list.starts_with("ada@example.com  admin   "), "{list}");

    let demoted = command(&app, &["demote", "ada@example.com"]).await;
    assert!(demoted.success);
    let refused = app.graphql_with(&admin.access, USERS, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");

    let nobody = command(&app, &["promote", "nobody@example.com"]).await;
    assert!(
        nobody.failure().contains("`nobody@example.com`"),
        "{}",
        nobody.failure()
    );
}

#[tokio::test]
async fn a_password_is_set_by_command_line_from_standard_input_and_ends_sessions() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    for (input, works) in [("short\n", false), ("a better password\r\n", true)] {
        let folder = scratch_folder("user");
        let mut child = regimen(&folder)
            .env("DATABASE_URL", &app.database.url)
            .args(["user", "set-password", "ada@example.com"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .await
            .unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.success(), works, "{output:?}");
        let said =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains(input.trim()), "{said}");
    }
    assert_eq!(
        refresh(&app, &tokens.refresh).await.code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        try_sign_in(&app, "ada@example.com", PASSWORD).await.code(),
        "UNAUTHENTICATED"
    );
    try_sign_in(&app, "ada@example.com", "a better password")
        .await
        .data();
}
