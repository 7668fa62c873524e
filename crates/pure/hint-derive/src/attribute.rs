use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Token};

/// What `#[hint(…)]` says.
pub enum Said {
    /// `none`.
    None,
    /// A text, with the arguments after it.
    Text(TokenStream),
    /// `with = …`: an expression that gives an `Option<String>`.
    With(TokenStream),
}

impl Said {
    /// What the attributes of a variant say, if anything.
    pub fn of(attributes: &[Attribute]) -> syn::Result<Option<Self>> {
        let mut said = None;
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("hint")) {
            if said.is_some() {
                return Err(syn::Error::new_spanned(attribute, "one hint is enough"));
            }
            said = Some(attribute.parse_args()?);
        }
        Ok(said)
    }
}

impl Parse for Said {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return Ok(Self::Text(input.parse()?));
        }
        let word: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
        if word == "none" {
            return Ok(Self::None);
        }
        if word == "with" && input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let expression: TokenStream = input.parse()?;
            return Ok(Self::With(quote!(#expression)));
        }
        Err(syn::Error::new(word.span(), EXPECTED))
    }
}

const EXPECTED: &str = "a hint is a text, `none`, or `with = …`";
