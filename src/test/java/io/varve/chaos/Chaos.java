package io.varve.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** {@code ./varve chaos}: runs until its bound and says what was found; exit code 1 when that is anything. */
public final class Chaos {
    private Chaos() {}

    /** See {@link Options#HELP}. */
    public static void main(String[] arguments) throws Exception {
        Optional<Options> options;
        try {
            options = Options.parse(arguments, System.nanoTime() & 0xffff_ffffL);
        } catch (IllegalArgumentException e) {
            System.err.println("chaos: " + e.getMessage());
            System.exit(2);
            return;
        }
        if (options.isEmpty()) {
            System.out.println(Options.HELP);
            return;
        }
        System.exit(run(options.get()) ? 0 : 1);
    }

    private static boolean run(Options options) {
        Path folder = Path.of("target", "chaos", "seed-" + options.seed() + "-" + System.currentTimeMillis())
                .toAbsolutePath();
        ChaosRun run = new ChaosRun(options, folder);
        List<String> found;
        try {
            found = run.run();
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            found = List.of("the run broke off: " + e);
        }
        if (found.isEmpty()) {
            System.out.println("chaos: nothing was lost. seed=" + options.seed() + " faults="
                    + run.struck().size());
            return true;
        }
        System.out.println(report(options, run, found, folder));
        return false;
    }

    /** What is needed to look into it, and to try it again. */
    static String report(Options options, ChaosRun run, List<String> found, Path folder) {
        StringBuilder words = new StringBuilder("chaos: the faults of seed " + options.seed() + " were\n");
        run.struck().forEach(fault -> words.append("  ").append(fault).append('\n'));
        words.append("and this was found:\n");
        found.forEach(what -> words.append("  ").append(what).append('\n'));
        words.append("logs and data: ").append(folder).append('\n');
        words.append("again: ./varve chaos --seed ")
                .append(options.seed())
                .append(" --faults ")
                .append(run.struck().size());
        return words.toString();
    }
}
