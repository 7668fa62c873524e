use syn::{Attribute, Field, Fields};

/// The place of the field that thiserror takes for the cause.
pub fn cause(attributes: &[Attribute], fields: &Fields) -> Option<usize> {
    let marked = |field: &Field| has(&field.attrs, "source") || has(&field.attrs, "from");
    let named = |field: &Field| field.ident.as_ref().is_some_and(|name| name == "source");
    let only = || (fields.len() == 1 && is_transparent(attributes)).then_some(0);
    fields.iter().position(marked).or_else(|| fields.iter().position(named)).or_else(only)
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// Whether an error shows its cause in its own place: `#[error(transparent)]`.
fn is_transparent(attributes: &[Attribute]) -> bool {
    let errors = attributes.iter().filter(|attribute| attribute.path().is_ident("error"));
    errors.filter_map(|attribute| attribute.parse_args::<syn::Ident>().ok()).any(|word| word == "transparent")
}
