// Pages about the server, in German.

export default {};
