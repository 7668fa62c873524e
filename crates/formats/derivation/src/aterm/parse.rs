use crate::{Derivation, DerivationError, Output};
use sage_oci_names::{NameError, Sha256, StorePath};
use std::collections::{BTreeMap, BTreeSet};

/// Reads the text of a `.drv` file. The grammar has a fixed depth, so nothing here recurses.
pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Derivation, DerivationError> {
    let mut reader = Reader { name, bytes, at: 0 };
    if bytes.starts_with(b"DrvWithVersion(") {
        return Err(reader.fail("a derivation of an experimental format (DrvWithVersion), which is not known here"));
    }
    reader.literal("Derive(")?;
    let outputs = reader.map(Reader::output)?;
    reader.literal(",")?;
    let input_derivations = reader.map(|reader| {
        let path = reader.store_path()?;
        reader.literal(",")?;
        Ok((path, reader.set(Reader::string)?))
    })?;
    reader.literal(",")?;
    let input_sources = reader.set(Reader::store_path)?;
    reader.literal(",")?;
    let system = reader.string()?;
    reader.literal(",")?;
    let builder = reader.string()?;
    reader.literal(",")?;
    let args = reader.list(Reader::string)?;
    reader.literal(",")?;
    let env = reader.map(|reader| {
        let key = reader.string()?;
        reader.literal(",")?;
        Ok((key, reader.string()?))
    })?;
    reader.literal(")")?;
    if reader.at != bytes.len() {
        return Err(reader.fail("the end of the file was expected"));
    }
    Ok(Derivation { name: name.to_owned(), outputs, input_derivations, input_sources, system, builder, args, env })
}

struct Reader<'a> {
    name: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn fail(&self, why: impl Into<String>) -> DerivationError {
        DerivationError::Aterm { name: self.name.to_owned(), offset: self.at, why: why.into() }
    }

    /// Steps over a fixed text.
    fn literal(&mut self, text: &str) -> Result<(), DerivationError> {
        if !self.take(text) {
            return Err(self.fail(format!("`{text}` was expected")));
        }
        Ok(())
    }

    /// Steps over a fixed text if it is there.
    fn take(&mut self, text: &str) -> bool {
        let there = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
        if there {
            self.at += text.len();
        }
        there
    }

    /// A quoted string.
    fn string(&mut self) -> Result<String, DerivationError> {
        self.literal("\"")?;
        let start = self.at;
        let mut text = Vec::new();
        loop {
            let (byte, width) = match self.bytes.get(self.at..).unwrap_or(&[]) {
                [] => return Err(self.fail("the string that begins before does not end")),
                [b'"', ..] => break,
                [b'\\', escaped, ..] => match escaped {
                    b'"' | b'\\' => (*escaped, 2),
                    b'n' => (b'\n', 2),
                    b'r' => (b'\r', 2),
                    b't' => (b'\t', 2),
                    _ => return Err(self.fail("an escape that Nix does not write")),
                },
                [b'\\'] => return Err(self.fail("the string that begins before does not end")),
                [b'\n' | b'\r' | b'\t', ..] => return Err(self.fail("a control character that Nix would escape")),
                [byte, ..] => (*byte, 1),
            };
            text.push(byte);
            self.at += width;
        }
        self.at += 1;
        String::from_utf8(text).map_err(|_| {
            self.at = start;
            self.fail("the string is not UTF-8")
        })
    }

    fn store_path(&mut self) -> Result<StorePath, DerivationError> {
        let start = self.at;
        let text = self.string()?;
        StorePath::parse(&text).map_err(|error| self.back_to(start, &error))
    }

    fn back_to(&mut self, start: usize, error: &NameError) -> DerivationError {
        self.at = start;
        self.fail(error.to_string())
    }

    /// `name,path,method,hash` of one output.
    fn output(&mut self) -> Result<(String, Output), DerivationError> {
        let name = self.string()?;
        self.literal(",")?;
        let start = self.at;
        let path = self.store_path()?;
        self.literal(",")?;
        let method = self.string()?;
        self.literal(",")?;
        let hash_at = self.at;
        let hash = self.string()?;
        let output = match method.as_str() {
            "" if hash.is_empty() => Output::InputAddressed { path },
            "sha256" | "r:sha256" => {
                let sha256 = Sha256::parse(&hash).map_err(|error| self.back_to(hash_at, &error))?;
                Output::Fixed { path, recursive: method == "r:sha256", sha256 }
            }
            _ => {
                self.at = start;
                return Err(self.fail(format!("an output of the kind `{method}`, which is not known here")));
            }
        };
        Ok((name, output))
    }

    /// Items between brackets.
    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, DerivationError>,
    ) -> Result<Vec<T>, DerivationError> {
        self.literal("[")?;
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take("]") {
                return Ok(items);
            }
            self.literal(",")?;
        }
    }

    /// A list whose items rise strictly.
    fn set<T: Ord>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, DerivationError>,
    ) -> Result<BTreeSet<T>, DerivationError> {
        let mut set = BTreeSet::new();
        self.list(|reader| {
            let start = reader.at;
            let value = item(reader)?;
            if set.last().is_some_and(|last| *last >= value) {
                reader.at = start;
                return Err(reader.fail("a list that is not sorted or has one item twice"));
            }
            set.insert(value);
            Ok(())
        })?;
        Ok(set)
    }

    /// A list of tuples whose keys rise strictly.
    fn map<K: Ord, V>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(K, V), DerivationError>,
    ) -> Result<BTreeMap<K, V>, DerivationError> {
        let mut map = BTreeMap::new();
        self.list(|reader| {
            let start = reader.at;
            reader.literal("(")?;
            let (key, value) = item(reader)?;
            reader.literal(")")?;
            if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                reader.at = start;
                return Err(reader.fail("a list that is not sorted or has one key twice"));
            }
            map.insert(key, value);
            Ok(())
        })?;
        Ok(map)
    }
}
