using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace CsvIngest.Web;

/// <summary>How answers are written as JSON.</summary>
internal static class Json
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        // The content type is JSON and nothing guesses another: no character needs to be harmless in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes an answer with its ETag, or 304 if the client has it.</summary>
    public static async Task WriteAsync(HttpContext context, object answer)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), Options);
        await WriteAsync(context, bytes, "application/json");
    }

    /// <inheritdoc cref="WriteAsync(HttpContext, object)"/>
    public static async Task WriteAsync(HttpContext context, byte[] bytes, string contentType)
    {
        var etag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"";
        context.Response.Headers.ETag = etag;
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.IfNoneMatch.Contains(etag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
