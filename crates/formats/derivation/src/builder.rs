use crate::{Derivation, DerivationError, Derivations, Finished, Output, modulo, sha256};
use sage_oci_names::{NameError, Sha256, StorePath};
use std::collections::{BTreeMap, BTreeSet};

/// Variables that the `derivation` builtin computes, or takes as orders to itself.
const RESERVED: [&str; 13] = [
    "name",
    "system",
    "builder",
    "args",
    "outputs",
    "out",
    "outputHash",
    "outputHashAlgo",
    "outputHashMode",
    "__structuredAttrs",
    "__contentAddressed",
    "__impure",
    "__ignoreNulls",
];

/// The content that a fixed output promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedHash {
    /// The SHA-256 of a plain file's bytes.
    Flat(Sha256),
    /// The SHA-256 of the output's NAR, which may be a directory.
    Recursive(Sha256),
}

/// Describes a derivation as the arguments of Nix's `derivation` builtin do.
///
/// What the builtin puts into the environment is put there too, so that the same description in the Nix language
/// gives the same `.drv`: `name`, `system`, `builder`, one variable an output, `outputs` if [`Self::outputs`] was called, and
/// for a fixed output `outputHash` (64 hexadecimal digits), `outputHashAlgo` (`sha256`) and `outputHashMode`
/// (`flat` or `recursive`).
///
/// Where the Nix language finds inputs by the context of strings, here they are declared: [`Self::input_source`],
/// [`Self::input`]. A store path that is mentioned but not declared is an error.
#[derive(Debug, Clone)]
pub struct DerivationBuilder {
    name: String,
    system: String,
    builder: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    outputs: Option<Vec<String>>,
    fixed: Option<FixedHash>,
    input_derivations: BTreeMap<StorePath, BTreeSet<String>>,
    input_sources: BTreeSet<StorePath>,
}

impl DerivationBuilder {
    /// A derivation with one input-addressed output, `out`.
    pub fn new(name: impl Into<String>, system: impl Into<String>, builder: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            system: system.into(),
            builder: builder.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            outputs: None,
            fixed: None,
            input_derivations: BTreeMap::new(),
            input_sources: BTreeSet::new(),
        }
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(key.into(), value.into());
        self
    }

    /// Names the outputs, in the order of the `outputs` variable.
    pub fn outputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.outputs = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Promises the content of `out`; such a derivation may use the network.
    pub fn fixed(mut self, hash: FixedHash) -> Self {
        self.fixed = Some(hash);
        self
    }

    /// Declares a store object as an input.
    pub fn input_source(mut self, path: StorePath) -> Self {
        self.input_sources.insert(path);
        self
    }

    /// Declares one output of a derivation as an input.
    pub fn input(mut self, derivation: &Finished, output: &str) -> Self {
        self.input_derivations.entry(derivation.path.clone()).or_default().insert(output.to_owned());
        self
    }

    /// Computes all paths and the bytes. The input derivations must be in `known`.
    pub fn finish(self, known: &Derivations) -> Result<Finished, DerivationError> {
        let name = self.name.clone();
        let declared = self.check(known)?;
        let store = known.store_dir();
        let mut derivation = self.masked_derivation(known)?;
        if let Some(Output::Fixed { .. }) = derivation.outputs.get("out") {
            // Its path is final already: it does not depend on the rest.
        } else {
            let hash = modulo::masked(&derivation, |path| known.modulo(path))?;
            for (output, value) in &mut derivation.outputs {
                *value = Output::InputAddressed { path: store.output_path(&name, output, &hash)? };
            }
        }
        let outputs: BTreeMap<String, StorePath> =
            derivation.outputs.iter().map(|(name, output)| (name.clone(), output.path().clone())).collect();
        derivation.env.extend(outputs.iter().map(|(name, path)| (name.clone(), path.to_string())));
        check_mentions(&derivation, store.as_str(), &declared)?;
        let bytes = derivation.to_bytes();
        let references = derivation.references();
        let path = store.text_path(&format!("{name}.drv"), &sha256(&bytes), &references)?;
        Ok(Finished { path, bytes, outputs, references, derivation })
    }

    /// Checks what Nix would refuse, and gives the paths that the builder will see.
    fn check(&self, known: &Derivations) -> Result<BTreeSet<StorePath>, DerivationError> {
        let fail = |why: String| Err(DerivationError::Invalid { name: self.name.clone(), why });
        if self.name.ends_with(".drv") {
            return fail("a name must not end in `.drv`".to_owned());
        }
        let outputs = self.outputs.as_deref().unwrap_or_default();
        if self.outputs.is_some() && outputs.is_empty() {
            return fail("it has no output".to_owned());
        }
        if outputs.iter().collect::<BTreeSet<_>>().len() != outputs.len() {
            return fail("it has one output twice".to_owned());
        }
        if let Some(bad) = outputs.iter().find(|name| *name == "drv" || name.is_empty() || name.contains(' ')) {
            return fail(format!("`{bad}` cannot be an output's name"));
        }
        if self.fixed.is_some() && self.outputs.is_some() && outputs != ["out"] {
            return fail("a fixed output must be the only one and be called `out`".to_owned());
        }
        if let Some(key) = self.env.keys().find(|key| RESERVED.contains(&key.as_str()) || outputs.contains(key)) {
            return fail(format!("the variable `{key}` is computed or reserved and cannot be set"));
        }
        let texts =
            self.args.iter().chain(self.env.keys()).chain(self.env.values()).chain([&self.builder, &self.system]);
        if texts.clone().any(|text| text.contains('\0')) {
            return fail("a NUL character cannot be in an argument or a variable".to_owned());
        }
        let mut visible = self.input_sources.clone();
        for (path, wanted) in &self.input_derivations {
            let input = known
                .get(path)
                .ok_or_else(|| DerivationError::UnknownInput { name: self.name.clone(), input: path.clone() })?;
            for output in wanted {
                visible.insert(input.output(output).cloned().ok_or_else(|| DerivationError::UnknownOutput {
                    name: self.name.clone(),
                    input: path.clone(),
                    output: output.clone(),
                })?);
            }
        }
        Ok(visible)
    }

    /// The derivation with its whole environment, but for input-addressed output paths, which are placeholders.
    fn masked_derivation(self, known: &Derivations) -> Result<Derivation, DerivationError> {
        let mut env = self.env;
        env.insert("name".to_owned(), self.name.clone());
        env.insert("system".to_owned(), self.system.clone());
        env.insert("builder".to_owned(), self.builder.clone());
        if let Some(names) = &self.outputs {
            env.insert("outputs".to_owned(), names.join(" "));
        }
        let mut outputs = BTreeMap::new();
        if let Some(hash) = self.fixed {
            let (recursive, mode, sha256) = match hash {
                FixedHash::Flat(sha256) => (false, "flat", sha256),
                FixedHash::Recursive(sha256) => (true, "recursive", sha256),
            };
            env.insert("outputHash".to_owned(), sha256.hex());
            env.insert("outputHashAlgo".to_owned(), "sha256".to_owned());
            env.insert("outputHashMode".to_owned(), mode.to_owned());
            let path = known.store_dir().fixed_path(&self.name, recursive, &sha256)?;
            outputs.insert("out".to_owned(), Output::Fixed { path, recursive, sha256 });
        } else {
            let placeholder = placeholder(known)?;
            for name in self.outputs.unwrap_or_else(|| vec!["out".to_owned()]) {
                outputs.insert(name, Output::InputAddressed { path: placeholder.clone() });
            }
        }
        // An output's variable is part of what is hashed: it is there, but empty.
        env.extend(outputs.keys().map(|name| (name.clone(), String::new())));
        Ok(Derivation {
            name: self.name,
            outputs,
            input_derivations: self.input_derivations,
            input_sources: self.input_sources,
            system: self.system,
            builder: self.builder,
            args: self.args,
            env,
        })
    }
}

/// A path that stands for an output until its own is known; the masked text never shows it.
fn placeholder(known: &Derivations) -> Result<StorePath, NameError> {
    StorePath::parse(&format!("{}/{}-output", known.store_dir(), "0".repeat(32)))
}

/// Refuses a store path in the builder, an argument or a variable that is neither an input nor an output.
fn check_mentions(derivation: &Derivation, store: &str, declared: &BTreeSet<StorePath>) -> Result<(), DerivationError> {
    let hashes: BTreeSet<&str> = declared
        .iter()
        .chain(derivation.outputs.values().map(Output::path))
        .filter_map(|path| path.base().get(..32))
        .collect();
    let prefix = format!("{store}/");
    let variables = derivation.env.iter().map(|(key, value)| (format!("the variable `{key}`"), value));
    let arguments = derivation.args.iter().map(|arg| ("an argument".to_owned(), arg));
    for (place, text) in variables.chain(arguments) {
        for (at, _) in text.match_indices(&prefix) {
            let rest = &text[at + prefix.len()..];
            let Some(hash) = rest.get(..32).filter(|hash| crate::nix32::decode(hash, 20).is_ok()) else { continue };
            if !hashes.contains(hash) {
                let end =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._?=".contains(c))).unwrap_or(rest.len());
                return Err(DerivationError::UndeclaredInput {
                    name: derivation.name.clone(),
                    path: format!("{prefix}{}", &rest[..end]),
                    place,
                });
            }
        }
    }
    Ok(())
}

impl Derivations {
    /// Finishes a derivation and keeps it. Adding the same one again changes nothing.
    pub fn add(&mut self, builder: DerivationBuilder) -> Result<&Finished, DerivationError> {
        let finished = builder.finish(self)?;
        self.insert(finished)
    }
}
