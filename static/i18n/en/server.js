// Pages about the server, in English.

export default {};
