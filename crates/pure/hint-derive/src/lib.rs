//! The derive macro of `sage-oci-hint`, whose trait `Hint` has the description.

mod attribute;
mod cause;
mod expand;

/// Implements `sage_oci_hint::Hint`; see there.
#[proc_macro_derive(Hint, attributes(hint))]
pub fn derive_hint(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::implementation(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
