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

/**
 * Runs seeds in several processes, a number of seeds each: in one, simulations would wait for each other's locks inside the JDK, and what they leave in
 * memory would add up.
 */
final class SimulateJobs {
    /** Seeds a process. */
    static final int CHUNK = 100;

    private SimulateJobs() {}

    /** Prints what the processes print; returns 1 when any has found something. */
    static int run(SimulateOptions options) throws InterruptedException {
        int jobs = Math.max(1, options.jobs());
        long each = Math.clamp(options.seeds() / jobs, 1, CHUNK);
        List<Future<Integer>> chunks = new ArrayList<>();
        int found = 0;
        try (ExecutorService running = Executors.newFixedThreadPool(jobs)) {
            for (long first = options.first(); first <= options.last(); first += each) {
                long from = first;
                long to = Math.min(options.last(), first + each - 1);
                chunks.add(running.submit(() -> chunk(from, to, options.faults())));
            }
            for (Future<Integer> chunk : chunks) {
                found |= chunk.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a process of the simulation could not run", e);
        }
        return found;
    }

    private static int chunk(long first, long last, int faults) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Simulate.class.getName()));
        command.addAll(List.of("--seeds", first + ".." + last, "--faults", Integer.toString(faults), "--jobs", "1"));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(System.out::println);
        } catch (UncheckedIOException e) {
            System.err.println("varve simulate: lost the output of a process: " + e.getMessage());
        }
        return process.waitFor();
    }
}
