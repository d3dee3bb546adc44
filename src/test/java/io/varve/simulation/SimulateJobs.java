package io.varve.simulation;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Runs seeds in several processes: in one, simulations would wait for each other's locks inside the JDK. */
final class SimulateJobs {
    private SimulateJobs() {}

    /** Gives each process every n-th part of the seeds, prints what they print; returns 1 when any has found something. */
    static int run(SimulateOptions options) throws IOException, InterruptedException {
        long seeds = options.last() - options.first() + 1;
        int jobs = (int) Math.min(options.jobs(), seeds);
        List<Process> running = new ArrayList<>();
        List<Thread> printers = new ArrayList<>();
        for (int job = 0; job < jobs; job++) {
            long first = options.first() + seeds * job / jobs;
            long last = options.first() + seeds * (job + 1) / jobs - 1;
            Process process = start(first, last, options.faults());
            running.add(process);
            printers.add(Thread.ofVirtual().start(() -> print(process)));
        }
        int found = 0;
        for (int job = 0; job < jobs; job++) {
            found |= running.get(job).waitFor();
            printers.get(job).join();
        }
        return found;
    }

    private static Process start(long first, long last, int faults) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Simulate.class.getName()));
        command.addAll(List.of("--seeds", first + ".." + last, "--faults", Integer.toString(faults), "--jobs", "1"));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void print(Process process) {
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(System.out::println);
        } catch (IOException e) {
            System.err.println("varve simulate: lost the output of a process: " + e.getMessage());
        }
    }
}
