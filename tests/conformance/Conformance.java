import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Each file against PDF/A-3a and PDF/UA-1: a line per file and standard, a line per broken rule. */
public class Conformance {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files)
            for (PDFAFlavour flavour : new PDFAFlavour[] {PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1})
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                     PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                    ValidationResult result = validator.validate(parser);
                    System.out.println((result.isCompliant() ? "compliant " : "BROKEN ") + flavour + " " + file
                        + " (" + result.getTotalAssertions() + " checks)");
                    for (TestAssertion one : result.getTestAssertions())
                        if (one.getStatus() == TestAssertion.Status.FAILED)
                            System.out.println("  " + one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber() + " "
                                + one.getMessage() + " at " + one.getLocation().getContext());
                }
    }
}
