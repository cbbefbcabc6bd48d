//! What the command line says.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use ruma::OwnedServerName;

#[derive(Parser, Debug)]
#[command(name = "unisono", version, about = "The all-in-one messenger: Matrix server and hub of every network")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Runs the server until SIGTERM or Ctrl-C.
    Serve(Place),
    /// People with a login here.
    User {
        #[command(subcommand)]
        what: UserCommand,
    },
    /// Connected accounts, such as mailboxes.
    Account {
        #[command(subcommand)]
        what: Box<AccountCommand>,
    },
    /// Says whether the configuration is right.
    CheckConfig(Place),
    /// Copies everything that is kept into a folder, also while the server runs.
    Backup(Backup),
    /// Puts a backup where no data is yet.
    Restore(Restore),
    /// Prints completions for a shell.
    Completions { shell: Shell },
    /// Prints the documented example of a configuration.
    #[command(hide = true)]
    ExampleConfig,
}

/// Which server is meant.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The configuration file [default: ./unisono.toml, if there is one].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Everything that is kept lies in this folder [default: ./data].
    #[arg(long, value_name = "DIR", env = "UNISONO_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the server listens [default: 127.0.0.1:8008].
    #[arg(long, value_name = "ADDR:PORT", env = "UNISONO_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The part of user ids behind the colon [default: as in the data, else localhost].
    #[arg(long, value_name = "NAME", env = "UNISONO_SERVER_NAME")]
    pub server_name: Option<OwnedServerName>,
}

/// Where a password comes from; asked for if it is said nowhere.
#[derive(Args, Clone, Debug, Default)]
pub struct PasswordSource {
    /// The password is the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    pub password_file: Option<PathBuf>,
    /// The password is the first line of the standard input.
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Adds somebody; the first one is administrator.
    Add {
        /// The name in front of the colon.
        name: String,
        #[arg(long)]
        display_name: Option<String>,
        /// With administrator's rights.
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        place: Place,
    },
    /// Sets a new password and logs all devices out.
    Passwd {
        name: String,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        place: Place,
    },
    /// Ends an account for good: logins, rooms, profile. The name stays taken.
    Deactivate {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Lists everybody with a login.
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand, Debug)]
pub enum AccountCommand {
    /// Connects an account, as the app's "Add account" does.
    Add {
        #[command(subcommand)]
        network: Network,
    },
    /// Lists connected accounts with their state.
    List {
        /// Only this person's.
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Disconnects an account. Its conversations stay readable.
    Remove {
        /// Its number, as `account list` shows it.
        id: i64,
        /// Deletes its conversations as well.
        #[arg(long)]
        delete_conversations: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand, Debug)]
pub enum Network {
    /// A mailbox. Address and password are enough; servers can be named where they are not found.
    Email(Box<Mailbox>),
}

#[derive(Args, Debug)]
pub struct Mailbox {
    /// The mail address; asked for if it is not said.
    #[arg(long, visible_alias = "email")]
    pub address: Option<String>,
    #[command(flatten)]
    pub password: PasswordSource,
    /// The name that recipients see.
    #[arg(long)]
    pub display_name: Option<String>,
    /// The login name, where it is not the address.
    #[arg(long)]
    pub username: Option<String>,
    #[arg(long, value_name = "HOST")]
    pub imap_host: Option<String>,
    #[arg(long, value_name = "PORT")]
    pub imap_port: Option<u16>,
    /// tls, starttls or none.
    #[arg(long, value_name = "KIND")]
    pub imap_security: Option<String>,
    #[arg(long, value_name = "HOST")]
    pub smtp_host: Option<String>,
    #[arg(long, value_name = "PORT")]
    pub smtp_port: Option<u16>,
    /// tls, starttls or none.
    #[arg(long, value_name = "KIND")]
    pub smtp_security: Option<String>,
    /// Further fields of the login, by their names.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// Whose account it is [default: the only person's].
    #[arg(long, visible_alias = "user", value_name = "NAME")]
    pub owner: Option<String>,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Args, Debug)]
pub struct Backup {
    /// A folder that does not exist yet or is empty.
    #[arg(value_name = "TARGET", required_unless_present = "to")]
    pub target: Option<PathBuf>,
    /// The same as TARGET.
    #[arg(long, value_name = "TARGET", conflicts_with = "target")]
    pub to: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Args, Debug)]
pub struct Restore {
    /// A folder that `backup` has made.
    #[arg(value_name = "SOURCE", required_unless_present = "from")]
    pub source: Option<PathBuf>,
    /// The same as SOURCE.
    #[arg(long, value_name = "SOURCE", conflicts_with = "source")]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}
