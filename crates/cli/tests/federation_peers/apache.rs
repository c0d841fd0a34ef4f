//! Apache with mod_auth_mellon on a loopback port.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::installed::succeed;

const HOST: &str = "wiki.localhost";
const CONFIGURATION: &str = include_str!("httpd.conf");

pub struct Apache {
    folder: PathBuf,
    pub origin: String,
}

impl Apache {
    /// Its folder, with keys and configuration; it does not run yet, for it wants the service's metadata first.
    ///
    /// Not in a temporary folder: workers run as another user, who could not look into one.
    pub fn prepare() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("apache-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("pages/secret")).unwrap();
        fs::write(folder.join("pages/index.html"), "the wiki's first page\n").unwrap();
        fs::write(folder.join("pages/secret/index.html"), "the wiki's secret page\n").unwrap();
        make_key(&folder, "tls");
        make_key(&folder, "sp");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = CONFIGURATION.replace("FOLDER", &folder.to_string_lossy()).replace("PORT", &port.to_string());
        fs::write(folder.join("httpd.conf"), configuration).unwrap();
        Self { folder, origin: format!("https://{HOST}:{port}") }
    }

    /// What the federation service is told of it.
    pub fn application(&self) -> String {
        let Self { origin, .. } = self;
        format!(
            "[[federation.application]]\nname = \"Wiki\"\nidentifier = \"{origin}/mellon/metadata\"\nprotocol = \"saml\"\n\
             reply = [\"{origin}/mellon/postResponse\"]\nsign_out = \"{origin}/mellon/logout\"\nhome = \"{origin}/secret/\"\n\
             name_id = \"upn\"\ncertificate = \"{}\"\n",
            self.folder.join("sp.crt").display()
        )
    }

    /// Starts it with the service's metadata.
    pub fn start(&self, metadata: &str) {
        fs::write(self.folder.join("idp.xml"), metadata).unwrap();
        self.control("start");
        let address = self.origin.rsplit_once(':').unwrap().1;
        for _ in 0..600 {
            if TcpStream::connect(format!("127.0.0.1:{address}")).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("Apache does not listen: {}", self.log());
    }

    /// What it has to say for itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("error.log")).unwrap_or_default()
    }

    fn control(&self, what: &str) {
        succeed(Command::new("apache2").arg("-f").arg(self.folder.join("httpd.conf")).args(["-k", what]));
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        let _ = Command::new("apache2").arg("-f").arg(self.folder.join("httpd.conf")).args(["-k", "stop"]).output();
        for _ in 0..200 {
            if !self.folder.join("httpd.pid").exists() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn make_key(folder: &Path, name: &str) {
    let (key, certificate) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.crt")));
    let subject = format!("/CN={HOST}");
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject, "-keyout"]);
    succeed(command.arg(&key).arg("-out").arg(&certificate));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
}
