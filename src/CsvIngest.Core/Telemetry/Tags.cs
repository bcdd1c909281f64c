namespace CsvIngest.Telemetry;

/// <summary>The names of attributes: our own, and those of OpenTelemetry's conventions for messaging (1.44).</summary>
internal static class Tags
{
    public const string Dataset = "csvingest.dataset";
    public const string Fate = "csvingest.fate";
    public const string Code = "csvingest.code";
    public const string ErrorType = "error.type";
    public const string System = "messaging.system";
    public const string Destination = "messaging.destination.name";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string BatchCount = "messaging.batch.message_count";
}
