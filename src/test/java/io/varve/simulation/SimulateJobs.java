package io.varve.simulation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Runs seeds in several processes, a number of seeds each: in one, simulations would wait for each other's locks inside the JDK. */
final class SimulateJobs {
    /** Seeds a process at most; the first hundred are the slow ones. */
    static final int CHUNK = 5_000;

    private SimulateJobs() {}

    /**
     * Tells {@code heard} every line that the processes print, on their threads.
     *
     * @return 1 when any has found something
     */
    static int run(SimulateOptions options, Consumer<String> heard) throws InterruptedException {
        int jobs = Math.max(1, options.jobs());
        long each = Math.clamp((options.seeds() + jobs - 1) / jobs, 1, CHUNK);
        List<Future<Integer>> chunks = new ArrayList<>();
        int found = 0;
        try (ExecutorService running = Executors.newFixedThreadPool(jobs)) {
            for (long first = options.first(); first <= options.last(); first += each) {
                long from = first;
                long to = Math.min(options.last(), first + each - 1);
                chunks.add(running.submit(() -> chunk(from, to, options.faults(), heard)));
            }
            for (Future<Integer> chunk : chunks) {
                found |= chunk.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a process of the simulation could not run", e);
        }
        return found;
    }

    private static int chunk(long first, long last, int faults, Consumer<String> heard)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // Where this one was not told on its command line: else what brokers log comes among the lines.
        command.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Simulate.class.getName()));
        command.addAll(List.of("--seeds", first + ".." + last, "--faults", Integer.toString(faults), "--jobs", "1"));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(heard);
        } catch (UncheckedIOException e) {
            System.err.println("varve simulate: lost the output of a process: " + e.getMessage());
        }
        return process.waitFor();
    }
}
