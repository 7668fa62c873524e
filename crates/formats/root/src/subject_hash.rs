use data_encoding::BASE64;
use sha1::{Digest, Sha1};
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, SetOfVec};
use x509_cert::der::{Decode, Encode, Tag, Tagged};

/// The certificate of a PEM text, which must hold exactly one.
pub(crate) fn parse(pem: &str) -> Result<Certificate, String> {
    let mut blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let (Some(block), None) = (blocks.next(), blocks.next()) else {
        return Err("it does not hold exactly one certificate".to_owned());
    };
    let text = block.split("-----END CERTIFICATE-----").next().unwrap_or_default();
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let der = BASE64.decode(text.as_bytes()).map_err(|error| error.to_string())?;
    Certificate::from_der(&der).map_err(|error| error.to_string())
}

/// The number by which OpenSSL finds a certificate in a folder (`openssl x509 -subject_hash`).
///
/// SHA-1 of the subject in OpenSSL's canonical form, its first four bytes with the low byte first. Canonical is: the RDNs one
/// after the other without the outer SEQUENCE; every text as UTF-8, without blanks around it, with single blanks inside,
/// ASCII letters in lower case; other values as they are (`X509_NAME_hash_ex` and `x509_name_canon` of OpenSSL).
pub(crate) fn subject_hash(certificate: &Certificate) -> Result<u32, String> {
    let mut hasher = Sha1::new();
    for rdn in certificate.tbs_certificate().subject().iter_rdn() {
        let mut set = SetOfVec::new();
        for attribute in rdn.iter() {
            let attribute = canonical(attribute).map_err(|error| error.to_string())?;
            set.insert(attribute).map_err(|error| error.to_string())?;
        }
        hasher.update(set.to_der().map_err(|error| error.to_string())?);
    }
    let [a, b, c, d, ..] = <[u8; 20]>::from(hasher.finalize());
    Ok(u32::from_le_bytes([a, b, c, d]))
}

fn canonical(attribute: &AttributeTypeAndValue) -> x509_cert::der::Result<AttributeTypeAndValue> {
    let bytes = attribute.value.value();
    let text = match attribute.value.tag() {
        Tag::Utf8String => Some(String::from_utf8_lossy(bytes).into_owned()),
        // One byte a character; OpenSSL takes T61 for Latin-1.
        Tag::PrintableString | Tag::Ia5String | Tag::TeletexString | Tag::VisibleString => {
            Some(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        Tag::BmpString => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    };
    let mut attribute = attribute.clone();
    if let Some(text) = text {
        let words: Vec<&str> =
            text.split(|c: char| matches!(c, ' ' | '\t'..='\r')).filter(|word| !word.is_empty()).collect();
        attribute.value = Any::new(Tag::Utf8String, words.join(" ").to_ascii_lowercase().into_bytes())?;
    }
    Ok(attribute)
}
