//! `regimen user`: what an admin does where no admin can sign in yet.

use std::io::{BufRead, IsTerminal, Write};

use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::{Outcome, migrate};
use crate::{
    auth::Session,
    config::{Config, Secret},
    db::Database,
    error::Error,
    users::{self, Credentials, User},
    viewer::Role,
};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Make a user an admin
    Promote {
        /// The address they sign in with
        email: String,
    },
    /// Make an admin a member
    Demote {
        /// The address they sign in with
        email: String,
    },
    /// List all users
    List,
    /// Give a user another password, read from the standard input, and end their sessions
    SetPassword {
        /// The address they sign in with
        email: String,
    },
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(&database, verb).await;
    database.close().await;
    outcome
}

async fn run_on(database: &Database, verb: Verb) -> Outcome {
    migrate::require_current(database).await?;
    let conn = &mut database.connect().await?;
    match verb {
        Verb::Promote { email } => set_role(conn, &email, Role::Admin).await,
        Verb::Demote { email } => set_role(conn, &email, Role::Member).await,
        Verb::List => list(conn).await,
        Verb::SetPassword { email } => set_password(conn, &email).await,
    }
}

async fn find(conn: &mut AsyncPgConnection, email: &str) -> Result<User, String> {
    match User::find_by_email(conn, email.trim()).await {
        Ok(Some(user)) => Ok(user),
        Ok(None) => Err(format!(
            "nobody has the address `{email}`: `regimen user list` shows who is there"
        )),
        Err(error) => Err(error.to_string()),
    }
}

async fn set_role(conn: &mut AsyncPgConnection, email: &str, role: Role) -> Outcome {
    let user = find(conn, email).await?;
    if user.role == role {
        println!("{} is {} already", user.email, article(role));
        return Ok(());
    }
    User::set_role(conn, user.id, role, false).await?;
    println!("{} is {} now", user.email, article(role));
    if role == Role::Admin {
        println!("it counts from their next sign-in, or within minutes");
    }
    Ok(())
}

const fn article(role: Role) -> &'static str {
    match role {
        Role::Member => "a member",
        Role::Admin => "an admin",
    }
}

async fn list(conn: &mut AsyncPgConnection) -> Outcome {
    let users = User::find_everybody(conn).await?;
    let width = users.iter().map(|user| user.email.len()).max().unwrap_or(0);
    for user in users {
        let made = user.created_at.format("%Y-%m-%d");
        println!(
            "{:width$}  {:6}  {made}  {}",
            user.email,
            user.role.word(),
            user.display_name
        );
    }
    Ok(())
}

async fn set_password(conn: &mut AsyncPgConnection, email: &str) -> Outcome {
    let user = find(conn, email).await?;
    let password = read_password()?;
    users::check_password("password", &password, &user.email)?;
    let hash = users::hash_password(password).await?;
    let ended = conn
        .transaction(async |conn| {
            Credentials::set_hash(conn, user.id, &hash).await?;
            Ok::<_, Error>(Session::end_all_but(conn, user.id, None).await?)
        })
        .await?;
    println!(
        "{} has another password; {ended} sessions were ended",
        user.email
    );
    Ok(())
}

/// The first line of the standard input. It is never an argument: those are seen by everybody on the
/// machine, and kept by shells.
fn read_password() -> Result<Secret, String> {
    if std::io::stdin().is_terminal() {
        print!("new password (it is shown as you type): ");
        let _ = std::io::stdout().flush();
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| format!("the password cannot be read: {error}"))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
