//! A private certificate authority, as companies and providers have.

use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

use crate::support::scratch_folder;

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its certificate, for `sslrootcert`.
    pub file: PathBuf,
}

/// A certificate and its key, both as PEM.
pub struct Certificate {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let file = scratch_folder("authority").join("root.crt");
        std::fs::write(&file, issuer.pem()).expect("written");
        Self { issuer, file }
    }

    /// A certificate for a server of that name.
    pub fn issue(&self, name: &str) -> Certificate {
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        Certificate {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// What many run inside: a certificate that vouches for itself.
pub fn self_signed(name: &str) -> Certificate {
    self_signed_until(name, 4096)
}

/// The same, good until the end of a year.
pub fn self_signed_until(name: &str, year: i32) -> Certificate {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.not_after = date_time_ymd(year, 12, 31);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    Certificate {
        certificate: params.self_signed(&key).expect("signed").pem(),
        key: key.serialize_pem(),
    }
}
