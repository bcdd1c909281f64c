using System.Diagnostics;
using System.Globalization;
using CsvIngest.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Uploads;

/// <summary>Receives uploads: a form with a file and fields in any order, or a body that is the file. Nothing is held in memory.</summary>
internal sealed class UploadReceiver(SpoolFolder folder, WebOptions options, ILogger<UploadReceiver> logger) : IDisposable
{
    /// <summary>
    /// How many uploads are received at the same time. 32, a guess: they wait for the network, and share the disk.
    /// </summary>
    private const int MaxUploads = 32;

    /// <summary>What a form may have beside the file, in bytes: more than any browser sends for all fields.</summary>
    private const long FormBytes = 1 << 20;

    /// <summary>The longest value of a field, in bytes. A guess: longer than any header.</summary>
    private const int FieldBytes = 16 * 1024;

    private readonly SemaphoreSlim _places = new(MaxUploads);

    /// <summary>Receives the file and the fields of a request. The caller disposes the file.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The file's name if the body is the file; null if it is a form.</param>
    /// <exception cref="RequestException">It is not acceptable.</exception>
    public async Task<(IncomingFile File, UploadFields Fields)> ReceiveAsync(HttpRequest request, string? name)
    {
        using var span = Instruments.Start("receive upload", ActivityKind.Server, request.Headers[TraceParent.Header]);
        try
        {
            CheckBeforehand(request, name is null);
            if (!_places.Wait(0, CancellationToken.None))
            {
                throw new RequestException(503, "Too many uploads", $"{MaxUploads} files are being received. Try again in a moment.");
            }

            try
            {
                var fields = new UploadFields();
                foreach (var (field, values) in request.Query)
                {
                    foreach (var value in values)
                    {
                        fields.Add(field, value ?? "");
                    }
                }

                var cancellation = request.HttpContext.RequestAborted;
                var file = name is null
                    ? await ReceiveFormAsync(request, fields, cancellation)
                    : await folder.ReceiveAsync(name, request.Body, cancellation);
                return (file with { TraceParent = span?.Id }, fields);
            }
            finally
            {
                _places.Release();
            }
        }
        catch (RequestException e)
        {
            span.Fail(e.Status.ToString(CultureInfo.InvariantCulture));
            // What is not read would keep the connection busy.
            request.HttpContext.Response.Headers.Connection = "close";
            logger.Refused(FailureReason.Of(e));
            throw;
        }
        // The client has gone, is too slow, or has sent less than it announced.
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidDataException)
        {
            span.Fail(e.GetType().Name);
            logger.NotReceived(FailureReason.Of(e));
            throw new RequestException(400, "Upload incomplete", $"The upload was not received to its end: {FailureReason.Of(e)} Send it again.");
        }
    }

    public void Dispose() => _places.Dispose();

    private void CheckBeforehand(HttpRequest request, bool isForm)
    {
        var limit = options.MaxUploadBytes + (isForm ? FormBytes : 0);
        if (request.ContentLength > limit)
        {
            throw folder.TooLarge();
        }

        folder.CheckRoom(request.ContentLength ?? 0);
        // Counted while it is received, and that message names the setting.
        request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
    }

    private async Task<IncomingFile> ReceiveFormAsync(HttpRequest request, UploadFields fields, CancellationToken cancellationToken)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType == "multipart/form-data"
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value
            : null;
        if (string.IsNullOrEmpty(boundary))
        {
            throw new RequestException(
                415, "Not a form", "Expected a form of type multipart/form-data with a field named file, as curl --form file=@data.csv sends it.");
        }

        var reader = new MultipartReader(boundary, request.Body) { HeadersLengthLimit = FieldBytes };
        IncomingFile? file = null;
        try
        {
            // Only a null tells that the form has ended where it should.
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                var field = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    ? HeaderUtilities.RemoveQuotes(disposition.Name).Value
                    : null;
                if (field is null)
                {
                    throw RequestException.Invalid("A part of the form has no name.");
                }

                if (field != "file")
                {
                    fields.Add(field, await ReadFieldAsync(section, field, cancellationToken));
                    continue;
                }

                if (file is not null)
                {
                    throw RequestException.Invalid("The form has several files; send each in a request of its own.");
                }

                // filename* is what a client sends for a name that is not ASCII; browsers send UTF-8 in filename.
                var sent = disposition!.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
                file = await folder.ReceiveAsync(HeaderUtilities.RemoveQuotes(sent).Value, section.Body, cancellationToken);
            }

            return file ?? throw RequestException.Invalid("The form has no field named file.");
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    private static async Task<string> ReadFieldAsync(MultipartSection section, string name, CancellationToken cancellationToken)
    {
        var buffer = new byte[FieldBytes + 1];
        var length = await section.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= FieldBytes
            ? System.Text.Encoding.UTF8.GetString(buffer, 0, length)
            : throw RequestException.Invalid($"The field \"{DisplayText.OneLine(name)}\" is longer than {FieldBytes} bytes.");
    }
}
