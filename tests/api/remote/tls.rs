//! What each `sslmode` demands, against servers that have it and servers that do not.

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;

use super::{assert_says, connect, program, refusal};
use crate::support::{
    Server,
    remote::{AUTHORITY, Authority, Remote, self_signed, self_signed_until, url},
};

/// How a connection is secured, in the server's own words: the version of TLS, or nothing.
async fn tls_of(url: &str) -> String {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let found: Found = sql_query(
        "SELECT coalesce(version, '') AS version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    )
    .get_result(&mut connect(url).await)
    .await
    .unwrap();
    found.version
}

fn root(authority: &Authority) -> String {
    format!("sslrootcert={}", authority.file.display())
}

#[tokio::test]
async fn require_encrypts_without_asking_who_it_is() {
    let server = Remote::with_tls();
    assert_eq!(
        tls_of(&server.url_by_name("postgres", "sslmode=require")).await,
        "TLSv1.3"
    );
}

#[tokio::test]
async fn require_with_a_root_certificate_asks_who_it_is() {
    let server = Remote::with_tls();
    let right = format!("sslmode=require&{}", root(&AUTHORITY));
    assert_eq!(
        tls_of(&server.url_by_name("postgres", &right)).await,
        "TLSv1.3"
    );
    let wrong = format!("sslmode=require&{}", root(&Authority::new("another")));
    let line = refusal(&server.url_by_name("postgres", &wrong)).await;
    assert_says(
        &line,
        &["no secure connection to localhost", "UnknownIssuer"],
    );
}

#[tokio::test]
async fn verify_full_works_with_the_authority_and_the_name() {
    let server = Remote::with_tls();
    let parameters = format!("sslmode=verify-full&{}", root(&AUTHORITY));
    assert_eq!(
        tls_of(&server.url_by_name("postgres", &parameters)).await,
        "TLSv1.3"
    );
}

#[tokio::test]
async fn verify_full_refuses_another_authority() {
    let server = Remote::with_tls();
    for parameters in [
        format!("sslmode=verify-full&{}", root(&Authority::new("another"))),
        // Nobody public vouches for it either.
        "sslmode=verify-full".to_owned(),
        "sslmode=verify-ca".to_owned(),
        "sslmode=verify-full&sslrootcert=system".to_owned(),
        "sslrootcert=system".to_owned(),
    ] {
        let line = refusal(&server.url_by_name("postgres", &parameters)).await;
        let at = format!("no secure connection to localhost:{}/postgres", server.port);
        assert_says(
            &line,
            &[
                &at,
                "UnknownIssuer",
                "`sslmode`",
                "`DATABASE_URL`",
                "`sslrootcert`",
            ],
        );
    }
}

#[tokio::test]
async fn the_systems_authorities_are_never_asked_for_less_than_everything() {
    for mode in ["disable", "prefer", "require", "verify-ca"] {
        let server = Remote::with_tls();
        let parameters = format!("sslmode={mode}&sslrootcert=system");
        let line = refusal(&server.url_by_name("postgres", &parameters)).await;
        assert_says(&line, &["`sslrootcert=system`", "`sslmode=verify-full`"]);
    }
}

#[tokio::test]
async fn verify_full_wants_the_name_and_verify_ca_does_not() {
    let server = Remote::with_tls();
    let by_number =
        |mode: &str| server.url("postgres") + "?sslmode=" + mode + "&" + &root(&AUTHORITY);
    let line = refusal(&by_number("verify-full")).await;
    assert_says(
        &line,
        &["no secure connection", "not valid for name \"127.0.0.1\""],
    );
    assert_eq!(tls_of(&by_number("verify-ca")).await, "TLSv1.3");
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_can_be_trusted_by_name() {
    let certificate = self_signed("localhost");
    let mut server = Remote::prepare(Some(&certificate));
    server.start();
    let file = crate::support::scratch_folder("pinned").join("server.crt");
    std::fs::write(&file, &certificate.certificate).unwrap();
    let parameters = format!("sslmode=verify-full&sslrootcert={}", file.display());
    assert_eq!(
        tls_of(&server.url_by_name("postgres", &parameters)).await,
        "TLSv1.3"
    );

    let by_number = url("127.0.0.1", server.port, "postgres") + "?" + &parameters;
    assert_says(
        &refusal(&by_number).await,
        &["not valid for name \"127.0.0.1\""],
    );
    let another = Remote::with_tls().url_by_name("postgres", &parameters);
    assert_says(&refusal(&another).await, &["UnknownIssuer"]);
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_expires_all_the_same() {
    let certificate = self_signed_until("localhost", 2001);
    let mut server = Remote::prepare(Some(&certificate));
    server.start();
    let file = crate::support::scratch_folder("pinned").join("server.crt");
    std::fs::write(&file, &certificate.certificate).unwrap();
    for mode in ["verify-ca", "verify-full"] {
        let parameters = format!("sslmode={mode}&sslrootcert={}", file.display());
        let line = refusal(&server.url_by_name("postgres", &parameters)).await;
        assert_says(&line, &["no secure connection", "expired"]);
    }
}

#[tokio::test]
async fn require_is_refused_by_a_server_without_tls() {
    let server = Remote::without_tls();
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = server.url("postgres") + "?sslmode=" + mode;
        let line = refusal(&url).await;
        assert_says(
            &line,
            &[
                "no secure connection",
                "server does not support TLS",
                "`sslmode` in `DATABASE_URL`",
            ],
        );
    }
}

#[tokio::test]
async fn a_server_that_wants_tls_says_so_when_it_is_disabled() {
    let server = Remote::with_tls();
    let role = "CREATE ROLE sealed LOGIN PASSWORD 'hunter2'";
    server.run(role).await;
    let url = |mode| {
        format!(
            "postgresql://sealed:hunter2@127.0.0.1:{}/postgres?sslmode={mode}",
            server.port
        )
    };
    let line = refusal(&url("disable")).await;
    assert_says(&line, &["no encryption", "`sslmode` in `DATABASE_URL`"]);
    assert!(!line.contains("password"), "{line}");
    assert_eq!(tls_of(&url("require")).await, "TLSv1.3");
}

#[tokio::test]
async fn prefer_takes_what_there_is() {
    for parameters in ["", "?sslmode=prefer", "?sslmode=allow"] {
        let plain = Remote::without_tls().url("postgres") + parameters;
        assert_eq!(tls_of(&plain).await, "");
        let secured = Remote::with_tls().url("postgres") + parameters;
        assert_eq!(tls_of(&secured).await, "TLSv1.3");
    }
    assert_eq!(
        tls_of(&(Remote::with_tls().url("postgres") + "?sslmode=disable")).await,
        ""
    );
}

#[tokio::test]
async fn channel_binding_can_be_required() {
    let server = Remote::with_tls();
    let parameters = "sslmode=require&channel_binding=require";
    assert_eq!(
        tls_of(&server.url_by_name("postgres", parameters)).await,
        "TLSv1.3"
    );
    let plain = Remote::without_tls().url("postgres") + "?channel_binding=require";
    let line = refusal(&plain).await;
    assert_says(
        &line,
        &["no secure connection", "channel binding", "`DATABASE_URL`"],
    );
}

#[tokio::test]
async fn an_unknown_mode_lists_the_known_ones() {
    let line = refusal("postgres://ada:hunter2@db/app?sslmode=on").await;
    assert_says(
        &line,
        &[
            "`DATABASE_URL`",
            "`sslmode=on`",
            "`disable`",
            "`require`",
            "`verify-ca`",
            "`verify-full`",
        ],
    );
}

#[tokio::test]
async fn a_root_certificate_that_cannot_be_used_is_one_line() {
    let folder = crate::support::scratch_folder("roots");
    let file = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (file, reason) in [
        (folder.join("missing.crt"), "No such file"),
        (file("empty.crt", ""), "no certificate"),
        (file("broken.crt", broken), "certificate"),
        (folder.clone(), "directory"),
    ] {
        let parameters = format!("sslmode=verify-full&sslrootcert={}", file.display());
        let line = refusal(&Remote::with_tls().url_by_name("postgres", &parameters)).await;
        let named = format!("`DATABASE_URL` names `sslrootcert={}`", file.display());
        assert_says(&line, &[&named, reason]);
    }
}

#[tokio::test]
async fn the_program_serves_over_a_verified_connection() {
    let server = Remote::with_tls();
    let database = server.database().await;
    let parameters = format!("sslmode=verify-full&{}", root(&AUTHORITY));
    let url = server.url_by_name(&database, &parameters);
    let serving = Server::spawn(&mut program(&url)).await;
    let answer = serving
        .graphql("{ exercises(first: 3) { nodes { name } } }")
        .await;
    assert_eq!(
        answer.data()["exercises"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert!(serving.stop().await);
}
