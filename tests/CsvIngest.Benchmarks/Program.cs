using BenchmarkDotNet.Running;
using CsvIngest.Benchmarks;

// make bench                   the figures of the README, on the built programs and real servers
// make bench args="--rows N"   the same with another file size
// make bench args="micro"      the parts, with BenchmarkDotNet; what follows is passed on to it
// make bench args="pollock F"  how well polluted files are read: F is a clone of github.com/HPI-Information-Systems/Pollock
if (args is ["micro", .. var rest])
{
    BenchmarkSwitcher.FromAssembly(typeof(ReadingBenchmark).Assembly).Run(rest.Length == 0 ? ["--filter", "*"] : rest);
    return 0;
}

if (args is ["pollock", var folder])
{
    PollockScore.Print(folder);
    return 0;
}

var rows = args is ["--rows", var number] ? int.Parse(number) : 1_000_000;
await using var benchmark = new PipelineBenchmark(rows);
await benchmark.RunAsync();
return 0;
