// Statements are executed by code that the compiler generates for them, not by code that Dapper generates when the program runs.
[module: Dapper.DapperAot]
