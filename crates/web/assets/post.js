// The page has one form, and its button does the same for whoever runs no scripts.
document.forms[0].submit();
