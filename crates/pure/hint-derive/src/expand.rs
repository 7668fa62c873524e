use crate::attribute::Said;
use crate::cause::cause;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields};

/// The implementation: one arm a variant.
pub fn implementation(input: &DeriveInput) -> syn::Result<TokenStream> {
    let arms = match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                arm(&quote!(Self::#name), &variant.attrs, &variant.fields)
            })
            .collect::<syn::Result<Vec<_>>>()?,
        Data::Struct(data) => vec![arm(&quote!(Self), &input.attrs, &data.fields)?],
        Data::Union(_) => return Err(syn::Error::new_spanned(&input.ident, "a union is no error")),
    };
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::sage_oci_hint::Hint for #name #arguments #bounds {
            fn hint(&self) -> ::core::option::Option<::std::string::String> {
                match self { #(#arms)* }
            }
        }
    })
}

fn arm(path: &TokenStream, attributes: &[Attribute], fields: &Fields) -> syn::Result<TokenStream> {
    // The compiler points at what a name was made of: at the type of the cause that has no hint.
    let unnamed = |place: usize, field: &Field| format_ident!("_{place}", span = field.ty.span());
    let named = |(place, field): (usize, &Field)| field.ident.clone().unwrap_or_else(|| unnamed(place, field));
    let names: Vec<Ident> = fields.iter().enumerate().map(named).collect();
    let pattern = match fields {
        Fields::Named(_) => quote!({ #(#names),* }),
        Fields::Unnamed(_) => quote!(( #(#names),* )),
        Fields::Unit => TokenStream::new(),
    };
    let hint = match Said::of(attributes)? {
        Some(Said::None) => quote!(::core::option::Option::None),
        // Not `format!`: clippy would tell the author of a text without fields that he needs none.
        Some(Said::Text(text)) => quote!(::core::option::Option::Some(::std::fmt::format(::core::format_args!(#text)))),
        Some(Said::With(expression)) => expression,
        None => match cause(attributes, fields) {
            Some(place) => {
                let name = &names[place];
                quote!(::sage_oci_hint::Hint::hint(#name))
            }
            None => quote!(::core::option::Option::None),
        },
    };
    // Fields that the hint does not name are no variables that somebody forgot.
    Ok(quote!(#path #pattern => { let _ = (#(&#names,)*); #hint }))
}
