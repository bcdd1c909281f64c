using CsvIngest.Datasets;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Rows;
using CsvIngest.Store;
using CsvIngest.Web.Imports;
using CsvIngest.Web.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Api;

/// <summary>The resources below <c>/api/imports</c>. Forms of the pages are sent to them as well; their answer is then a page.</summary>
internal sealed class ImportsApi(
    Spool spool, UploadReceiver receiver, ImportWorkers workers, ImportRegister register, DatasetChoice datasets, IStore store,
    ILogger<ImportsApi> logger)
{
    /// <summary>How many rows a page of rejected rows has at most.</summary>
    private const int MaxRows = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/imports", context => UploadAsync(context, name: null));
        routes.MapPut("/api/imports/{name}", context => UploadAsync(context, (string)context.Request.RouteValues["name"]!));
        routes.MapGet("/api/imports", ListAsync);
        routes.MapGet("/api/imports/{id:guid}", GetAsync);
        routes.MapGet("/api/imports/{id:guid}/rejections", RejectionsAsync);
        routes.MapGet("/api/imports/{id:guid}/rejected.csv", context => DownloadAsync(context, ".rejected.csv"));
        routes.MapGet("/api/imports/{id:guid}/errors.csv", context => DownloadAsync(context, ".errors.csv"));
        routes.MapPost("/api/imports/{id:guid}/options", ReviseAsync);
        routes.MapPost("/api/imports/{id:guid}/start", StartAsync);
        routes.MapPost("/api/imports/{id:guid}/cancel", CancelAsync);
    }

    private async Task UploadAsync(HttpContext context, string? name)
    {
        var (file, fields) = await receiver.ReceiveAsync(context.Request, name);
        using (file)
        {
            var dataset = DatasetOf(fields.Options);
            var key = context.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 and <= 255 } sent ? sent : null;
            var acceptance = await spool.AcceptAsync(file, fields, dataset, key);
            if (acceptance.Kind == AcceptanceKind.New)
            {
                logger.Received(acceptance.Upload.Record.Name, file.Bytes, acceptance.Upload.Id);
            }

            await AcceptedAsync(context, acceptance);
        }
    }

    /// <summary>The dataset that options name. Before anybody is told that they are accepted, this also checks all of them.</summary>
    private Dataset DatasetOf(IReadOnlyDictionary<string, string[]> options) => datasets.Find(UploadFields.ToImportOptions(options).Slices.Dataset);

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var page = await register.ListAsync(
            QueryValues.Text(query["search"]), QueryValues.Text(query["after"]), QueryValues.Limit(query, 50, ImportRegister.MaxPage), context.RequestAborted);
        await Json.WriteAsync(context, page);
    }

    private async Task GetAsync(HttpContext context) => await Json.WriteAsync(context, await register.GetAsync(IdOf(context), context.RequestAborted));

    private async Task RejectionsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = QueryValues.Limit(query, 100, MaxRows);
        var rows = await store.ReadRejectionsAsync(IdOf(context), QueryValues.Number("after", query["after"]) ?? 0, limit + 1, context.RequestAborted)
            .ToListAsync(context.RequestAborted);
        await Json.WriteAsync(context, new
        {
            rejections = rows.Take(limit).Select(row => new { row.Line, row.Column, row.Code, row.Reason, row.Raw }),
            next = rows.Count > limit ? rows[limit - 1].Line : (long?)null,
        });
    }

    private async Task DownloadAsync(HttpContext context, string ending)
    {
        var upload = register.Upload(IdOf(context));
        var path = upload.RejectsFile(ending) ?? throw RequestException.NotFound(
            "There is no such file: no row was rejected so far, or the file is not kept any more. The rejected rows of every import are in its rejections.");
        var isForSpreadsheet = context.Request.Query.ContainsKey("spreadsheet");
        context.Response.ContentType = "application/octet-stream";
        var header = new Microsoft.Net.Http.Headers.ContentDispositionHeaderValue("attachment");
        header.SetHttpFileName(Path.GetFileNameWithoutExtension(upload.Record.Name) + (isForSpreadsheet ? ".spreadsheet" : "") + ending);
        context.Response.Headers.ContentDisposition = header.ToString();
        if (isForSpreadsheet)
        {
            await SpreadsheetCopy.WriteAsync(path, ReadingOf(upload, ending), context.Response.Body, context.RequestAborted);
        }
        else
        {
            await context.Response.SendFileAsync(path, context.RequestAborted);
        }
    }

    private async Task ReviseAsync(HttpContext context)
    {
        var upload = register.Upload(IdOf(context));
        var (revision, fields) = await ReadFieldsAsync(context);
        await spool.ReviseAsync(upload, revision, fields.Options, DatasetOf(fields.Options));
        workers.Add(upload);
        await AnswerAsync(context, upload.Id, StatusCodes.Status202Accepted);
    }

    private async Task StartAsync(HttpContext context)
    {
        var upload = register.Upload(IdOf(context));
        var (revision, fields) = await ReadFieldsAsync(context);
        await AcceptedAsync(context, await spool.StartAsync(upload, revision, DatasetOf(upload.Record.Options), fields.IsOn(UploadFields.Again)));
    }

    private async Task CancelAsync(HttpContext context)
    {
        var upload = register.Upload(IdOf(context));
        await spool.CancelAsync(upload);
        await AnswerAsync(context, upload.Id, StatusCodes.Status202Accepted);
    }

    private async Task AcceptedAsync(HttpContext context, Acceptance acceptance)
    {
        var upload = acceptance.Upload;
        switch (acceptance.Kind)
        {
            case AcceptanceKind.New or AcceptanceKind.Resumed:
                workers.Add(upload);
                break;
            case AcceptanceKind.Complete:
                throw RequestException.Conflict(
                    upload.Id, $"The same file was imported with the same options already, as import {upload.Id}. Set again to true to import it once more.");
            case AcceptanceKind.KeyReused:
                throw new RequestException(422, "Key reused", "Another file, or another set of options, was sent with this Idempotency-Key.") { Import = upload.Id };
        }

        await AnswerAsync(context, upload.Id, StatusCodes.Status202Accepted);
    }

    /// <summary>Answers with the import; a browser is sent to its page.</summary>
    private async Task AnswerAsync(HttpContext context, Guid id, int status)
    {
        if (Problems.WantsPage(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = $"/imports/{id}";
            return;
        }

        context.Response.StatusCode = status;
        context.Response.Headers.Location = $"/api/imports/{id}";
        await Json.WriteAsync(context, await register.GetAsync(id, context.RequestAborted));
    }

    /// <summary>The fields of a form or of the query.</summary>
    private static async Task<(int Revision, UploadFields Fields)> ReadFieldsAsync(HttpContext context)
    {
        var request = context.Request;
        var fields = new UploadFields();
        long? revision = null;
        var sent = request.HasFormContentType ? (await request.ReadFormAsync(new FormOptions { KeyLengthLimit = 100 }, context.RequestAborted)).ToList() : [];
        foreach (var (name, values) in sent.Concat(request.Query))
        {
            if (name == "revision")
            {
                revision = QueryValues.Number(name, values, int.MaxValue);
                continue;
            }

            foreach (var value in values)
            {
                fields.Add(name, value ?? "");
            }
        }

        return ((int)(revision ?? throw RequestException.Invalid("revision is missing: send the revision of the options that were looked at.")), fields);
    }

    // The records are written as in the file, the reasons always in the same way.
    private static ReadingOptions ReadingOf(Upload upload, string ending) =>
        ending == ".rejected.csv" ? UploadFields.ToImportOptions(upload.Record.Options).Slices.Reading : new ReadingOptions { Delimiter = "," };

    private static Guid IdOf(HttpContext context) => Guid.Parse((string)context.Request.RouteValues["id"]!);
}
